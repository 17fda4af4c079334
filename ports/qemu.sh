#!/bin/sh
# build/bin/qemu-*: the user's own QEMU where it is on PATH, else Debian's with its libraries.
name=$(basename "$0")
command -v "$name" >/dev/null && exec "$name" "$@"
root=$(dirname "$(readlink -f "$0")")/../tools/qemu/usr
LD_LIBRARY_PATH=$root/lib/$(uname -m)-linux-gnu exec "$root/bin/$name" "$@"
