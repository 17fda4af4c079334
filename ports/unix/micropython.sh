#!/bin/sh
# build/bin/micropython and build/bin/micropython-i386: Debian's interpreters, run with the libraries
# of their own release.
root=$(dirname "$(readlink -f "$0")")/../debian/trixie
case $0 in
*-i386) root=$root-i386 libraries=i386-linux-gnu loader=ld-linux.so.2 ;;
*) root=$root-amd64 libraries=x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
esac
libraries=$root/usr/lib/$libraries
exec "$libraries/$loader" --library-path "$libraries" "$root/usr/bin/micropython" "$@"
