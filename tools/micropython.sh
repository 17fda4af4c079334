#!/bin/sh
# build/bin/micropython and its likes: Debian's interpreters, run with the libraries of their release.
name=$(basename "$0")
root=$(dirname "$(readlink -f "$0")")/../debian/$name
case $name in
*-i386) libraries=i386-linux-gnu loader=ld-linux.so.2 ;;
*-armhf) libraries=arm-linux-gnueabihf loader=ld-linux-armhf.so.3 emulator=$(dirname "$0")/qemu-arm ;;
*) libraries=x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
esac
libraries=$root/usr/lib/$libraries
exec $emulator "$libraries/$loader" --library-path "$libraries" "$root/usr/bin/micropython" "$@"
