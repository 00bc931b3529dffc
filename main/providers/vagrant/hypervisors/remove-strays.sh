# shellcheck shell=bash
# Takes away all containers, virtual machines and disks whose names begin with `prefix`, and ends what is making them.
: "${prefix:?}"
source ./libvirt.sh

failed=
# What will not go is told, and the rest is taken away all the same.
fail() { echo "$*" >&2; failed=1; }
folder=$(lxc-config lxc.lxcpath 2>/dev/null || :)

# The process ids of LXC's tools that work on such a container, and of the tar that unpacks one. LXC's monitor, which
# has another name for itself, is ended by lxc-stop.
makers() {
  local pid first pids
  mapfile -t pids < <(grep -lasF -- "$prefix" /proc/[0-9]*/cmdline | cut -d / -f 3)
  for pid in "${pids[@]}"; do
    read -r -d '' first < "/proc/$pid/cmdline" || continue
    case $(<"/proc/$pid/comm") in
      lxc-create | lxc-template | lxc-start | lxc-attach | lxc-stop | lxc-destroy)
        if [[ $first != '[lxc monitor]'* ]]; then echo "$pid"; fi
        ;;
    esac
  done
  mapfile -t pids < <(find /proc -maxdepth 2 -name cwd -lname "$folder/$prefix*" | cut -d / -f 3)
  for pid in "${pids[@]}"; do
    if [ "$(<"/proc/$pid/comm")" = tar ]; then echo "$pid"; fi
  done
}

end_makers() {
  local pids
  for _ in {1..100}; do
    mapfile -t pids < <(makers 2>/dev/null)
    if [ ${#pids[@]} -eq 0 ]; then return; fi
    kill -KILL "${pids[@]}" 2>/dev/null || :
    sleep 0.05
  done
}

remove_containers() {
  local name
  for name in $({ lxc-ls -1 --active; ls -1 "$folder"; } 2>/dev/null | grep "^$prefix" | sort -u); do
    lxc-unfreeze -n "$name" 2>/dev/null || :
    lxc-stop -k -n "$name" 2>/dev/null || :
    lxc-destroy -f -n "$name" >/dev/null 2>&1 || :
    if [ -e "$folder/$name" ]; then
      umount -l "$folder/$name/rootfs" 2>/dev/null || :
      rm -rf --one-file-system "${folder:?}/$name" || fail "the container $name cannot be removed"
    fi
  done
}

remove_virtual_machines() {
  local name pool volume
  for name in $(libvirt list --all --name | grep "^$prefix" || :); do
    libvirt destroy "$name" >/dev/null 2>&1 || :
    libvirt undefine --snapshots-metadata --managed-save --nvram "$name" >/dev/null 2>&1 ||
      libvirt undefine "$name" >/dev/null || fail "the virtual machine $name cannot be removed"
  done
  for pool in $(libvirt pool-list --name || :); do
    for volume in $(volumes_of "$pool" | grep "^$prefix" || :); do
      libvirt vol-delete --pool "$pool" "$volume" >/dev/null || fail "the disk $volume cannot be removed"
    done
  done
}

end_makers
if [ -n "$folder" ]; then remove_containers; fi
if has_libvirt; then remove_virtual_machines; fi
[ -z "$failed" ] || exit 1
