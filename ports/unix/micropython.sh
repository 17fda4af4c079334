#!/bin/sh
# build/bin/micropython: Debian's interpreter, run with the libraries of its own release.
root=$(dirname "$(readlink -f "$0")")/../debian/trixie-amd64
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" \
    "$root/usr/bin/micropython" "$@"
