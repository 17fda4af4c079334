#!/bin/sh
# build/bin/qemu-xtensa-counting: a QEMU that loads plugins; see bench.mk.
bin=$(dirname "$(readlink -f "$0")")
root=$bin/../debian/qemu-counting
[ -d "$root" ] || exec "$bin/qemu-xtensa" "$@"
libraries=$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu
exec "$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path "$libraries" "$root/usr/bin/qemu-xtensa" "$@"
