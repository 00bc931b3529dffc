# shellcheck shell=bash
# Makes a whole cluster as root. Its state is on disk before anything else is made. Prints lines `note …` for the log
# and, when all machines run, `net 10.x.y`.
: "${lock_file:?of all kinds}" "${network:?bridge, or user for QEMU’s own}"
source ./make-folder.sh
source ../../host/shell/start-watch.sh
source ./make-machines.sh

make_folder
exec 9>>"$lock_file"; flock 9
make_cluster_group "$cgroup"
start_watch
case $network in
  bridge)
    make_bridge
    exec 9>&-
    open_network
    ;;
  user)
    exec 9>&-
    net=${subnets[0]} mtu=1500
    ;;
esac
make_machines
