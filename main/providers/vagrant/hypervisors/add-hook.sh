# shellcheck shell=bash
# Gives the containers $1, $2, … a hook of LXC's, the command `hook`, from their next boot on.
: "${hook:?}"
for name in "$@"; do
  config=$(lxc-config lxc.lxcpath)/$name/config
  if [ -e "$config" ]; then sed -i "1i lxc.hook.mount = $hook" "$config"; fi
done
