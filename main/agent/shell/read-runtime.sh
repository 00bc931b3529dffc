# shellcheck shell=sh disable=SC3046,SC3051 # `source` is for our own loader
# Reads a runtime whole and prints its digest.
source ./identity.sh
: "${file:?its path}"
umask 022

read_whole "$file"
