# shellcheck shell=bash
# Looks through what was written on a node that is off: prints what survey.sh says.
: "${home:?the folder of the node}"
tree=$home/tree upper=$home/disk/upper

if mountpoint -q "$home/root"; then umount "$home/root"; fi
# With it goes the mark of a volatile overlay, which would keep it from being mounted again.
rm -rf --one-file-system "$home/disk/work"
source ../../layers/survey-upper.sh
