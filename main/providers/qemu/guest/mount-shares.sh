# shellcheck shell=sh
# Mounts what a machine sees of the main host, from the second disk: entry 0 of it at $1, entry 1 at $2, and so on.
# Runs in the machine, booted or not, in busybox.
home=/var/lib/shakedown/shares
mkdir -p $home
mount -t ext4 -o ro /dev/vdb $home
index=0
for target in "$@"; do
  source=$home/$index
  if [ -d "$source" ]; then mkdir -p "$target"; else mkdir -p "$(dirname "$target")"; touch "$target"; fi
  mount --bind "$source" "$target"
  index=$((index + 1))
done
