#!/bin/sh
# Makes a Debian package of one script: make-deb.sh [VERSION]
set -eu
version=${1:-1.0}
mkdir -p tree/DEBIAN tree/usr/bin
cat > tree/DEBIAN/control <<CONTROL
Package: greet
Version: $version
Architecture: all
Maintainer: ${MAINTAINER:-Nobody <nobody@example.org>}
Description: says hello
CONTROL
printf '#!/bin/sh\necho "hello from %s"\n' "$version" > tree/usr/bin/greet
chmod 755 tree/usr/bin/greet
dpkg-deb --root-owner-group --build tree "greet_${version}_all.deb"
