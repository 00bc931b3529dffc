# shellcheck shell=bash
# What cgroups.sh has, as far as it is used for one machine, for a user who may make no cgroups.
own_group() { :; }
enter_group() { :; }
# limit_group GROUP MEMORY CPU PROCESSES
limit_group() {
  [ -z "$3" ] || die "without root no machine can be held to part of a core: give 'cpus' as whole numbers"
}
