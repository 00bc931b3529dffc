# shellcheck shell=sh disable=SC3046,SC3051,SC3067 # `source` is for our own loader; every sh of Linux has test -O
# Becomes the agent, and says `begins` before, where runtime and agent lie in the cache as they should be and nobody
# else may write there; else it ends and says nothing. The arguments are the agent's. `look.sh` tells what is missing.
source ./identity.sh
: "${cache:?a folder}" "${runtime:?a path}" "${runtime_size:?bytes}" "${runtime_sha256:?in hex}"
: "${agent:?a path}" "${loader:?its only line}" "${pack:?a path}" "${pack_sha256:?in hex}" "${begins:?what is said first}"

for file in "$runtime" "$agent" "$pack"; do
  if [ ! -f "$file" ] || [ -L "$file" ]; then exit 0; fi
done
if [ ! -x "$runtime" ] || [ ! -O "$cache" ]; then exit 0; fi
# One look at all three: the mode of the cache, and what `identity` tells of runtime and pack.
take() { mode=${1%% *} runtime_is=${2#* } pack_is=${3#* }; }
IFS='
'
# shellcheck disable=SC2046 # A line each.
take $(stat -L -c '%a %i %s %.Y %.Z' -- "$cache" "$runtime" "$pack" 2>/dev/null)
unset IFS
case $mode in
  [0-7][0145][0145] | [0-7][0-7][0145][0145]) ;;
  *) exit 0 ;;
esac
case $runtime_is in "${runtime_is%% *} $runtime_size "*) ;; *) exit 0 ;; esac
remembered "${runtime%/node}.read" "$runtime_is"
# What is mounted for reading only was put there by who made the machine.
if [ -z "$found" ] && [ ! -w "$runtime" ]; then found=$runtime_sha256; fi
if [ "$found" != "$runtime_sha256" ]; then exit 0; fi
remembered "${pack%.pack}.read" "$pack_is"
if [ -z "$found" ]; then found=$(umask 022 && read_whole "$pack"); fi
if [ "$found" != "$pack_sha256" ]; then exit 0; fi
# No program reads these few bytes, for it would take longer to start.
{ IFS= read -r line && ! IFS= read -r more && [ "$line" = "$loader" ] && [ -z "$more" ]; } <"$agent" || exit 0
printf %s "$begins"
# Neither may the login's environment change how the agent runs.
unset NODE_OPTIONS NODE_PATH
exec "$runtime" "$agent" "$@"
