# shellcheck shell=bash
# Takes away all of a cluster that root made, in whatever state it is, by its names alone.
source ../../host/shell/remove-cluster.sh

# A machine has nothing besides what all kinds have.
remove_own() { :; }
remove_cluster
