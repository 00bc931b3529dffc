# shellcheck shell=bash
# Runs the script that stands on stdin, after a line with its length in bytes. So bash reads it in one go: up
# to a delimiter it would read with a system call for each byte.
#
# The script runs only for as long as stdin is open. When that closes, because whoever started us closes it
# or is dead, the process group is killed. That holds through sudo, where nobody could send us a signal. What
# has a session of its own (the containers) is not in that group.

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
read -r length && IFS= read -r -N "$length" script || exit 125
( read -r || kill -KILL -- -$$ ) <&0 >/dev/null 2>&1 &
# shellcheck disable=SC2064 # The watch of now.
trap "kill -KILL $! 2>/dev/null" EXIT
# For the script: tells why it ends.
die() { echo "$*" >&2; exit 1; }
set -eu
umask 022
shopt -s nullglob
eval "$script" </dev/null
