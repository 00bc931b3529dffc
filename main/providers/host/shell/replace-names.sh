# shellcheck shell=sh
# Runs on a machine, in whatever shell its login has: puts the lines on stdin before all lines of /etc/hosts
# but those that have one of the names in `names`, an extended regular expression. In place: a container's
# file may be mounted.
: "${names:?}"
old=$(grep -vE "^[^#]*[[:space:]]($names)([[:space:]]|\$)" /etc/hosts)
{ cat; printf '%s\n' "$old"; } > /etc/hosts
