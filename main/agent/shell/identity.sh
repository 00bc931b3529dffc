# shellcheck shell=sh
# No file is read whole at each start: a runtime has 100 MB, and two programs would read the agent. What it was when it
# was last read is told by its inode, its size and its times; nobody but the kernel sets the time of its last change.
# Nothing where stat(1) is another one.
identity() { stat -L -c '%i %s %.Y %.Z' -- "$1" 2>/dev/null; }

# The digest of a file's bytes, or `-` where there is no program for it. openssl(1) takes a third of the time for a
# runtime, by what processors have for it, and longer than sha256sum(1) to start.
digest() {
  sum=
  if [ "$(wc -c <"$1")" -gt 16000000 ] && command -v openssl >/dev/null; then
    sum=$(openssl dgst -sha256 -r <"$1") || sum=
  fi
  if [ -z "$sum" ] && command -v sha256sum >/dev/null; then sum=$(sha256sum <"$1"); fi
  sum=${sum%% *}
  echo "${sum:--}"
}

# Where the digest that was found is kept, with the identity of the file: outside a runtime's folder, which may be a
# share.
stamp_of() { echo "${1%[/.]*}.read"; }

# Reads a file whole, and remembers what was found.
read_whole() {
  found=$(digest "$1")
  { echo "$(identity "$1") $found" >"$(stamp_of "$1")"; } 2>/dev/null || :
  echo "$found"
}

# Sets `found` to the digest that the stamp $1 has for the identity $2; empty when the file may be another one by now.
remembered() {
  found=
  { read -r was <"$1"; } 2>/dev/null || return 0
  if [ -n "$2" ] && [ "$was" = "$2 ${was##* }" ]; then found=${was##* }; fi
}
