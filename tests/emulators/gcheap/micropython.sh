#!/bin/sh
# build/bin/micropython-armhf-gcheap: the interpreter that the makefile beside this file makes.
bin=$(dirname "$(readlink -f "$0")")
exec "$bin/qemu-arm" "$bin/../gcheap/micropython" "$@"
