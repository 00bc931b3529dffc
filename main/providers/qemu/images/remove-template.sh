# shellcheck shell=bash
# Removes the folder $1, of a template that no clone could be made of.
rm -rf --one-file-system "$1"
