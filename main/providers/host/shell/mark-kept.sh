# shellcheck shell=bash
# Says that a cluster was kept, to the watch over it and to whoever lists it.
: "${dir:?the folder of the cluster}"
: > "$dir/kept"
