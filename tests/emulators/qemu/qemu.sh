#!/bin/sh
# build/bin/qemu-*: the user's own QEMU where it is on PATH, else Debian's with its libraries.
name=$(basename "$0")
own=$(command -v "$name") && [ "$(readlink -f "$own")" != "$(readlink -f "$0")" ] && exec "$own" "$@"
root=$(dirname "$(readlink -f "$0")")/../tools/qemu
libraries=lib/$(uname -m)-linux-gnu
LD_LIBRARY_PATH=$root/usr/$libraries:$root/$libraries exec "$root/usr/bin/$name" "$@"
