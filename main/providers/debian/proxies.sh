# shellcheck shell=bash
# Sets up how apt gets out, from `http_proxy`, `https_proxy` and `no_proxy`, which sudo does not pass on: exports those
# that say something, and sets `apt_proxy` to the one that apt's own configuration names.
: "${http_proxy?}" "${https_proxy?}" "${no_proxy?}"
for each in http_proxy https_proxy no_proxy; do
  [ -z "${!each}" ] || export "${each?}"
done
# shellcheck disable=SC2034 # For who sources this.
apt_proxy=
eval "$(apt-config shell apt_proxy Acquire::http::Proxy)"
