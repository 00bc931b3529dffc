#!/bin/sh
# Installs the package that lies here on a fresh machine, uses it, and takes it off again.
set -eu
. /etc/os-release
dpkg --install ./*.deb
greet
dpkg --purge greet
if [ -e /usr/bin/greet ]; then
  echo "greet left something behind" >&2
  exit 1
fi
echo "all well on $PRETTY_NAME"
