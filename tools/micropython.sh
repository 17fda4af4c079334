#!/bin/sh
# build/bin/micropython and its likes: Debian's interpreters, run with the libraries of their release.
name=$(basename "$0")
root=$(dirname "$(readlink -f "$0")")/../debian/$name
case $name in
*-i386) libraries=i386-linux-gnu loader=ld-linux.so.2 ;;
*-armhf) libraries=arm-linux-gnueabihf loader=ld-linux-armhf.so.3 emulator=$(dirname "$0")/qemu-arm ;;
*) # this machine's own
	libraries=$(uname -m)-linux-gnu
	case $libraries in x86_64-*) loader=ld-linux-x86-64.so.2 ;; *) loader=ld-linux-aarch64.so.1 ;; esac
	;;
esac
libraries=$root/usr/lib/$libraries
exec $emulator "$libraries/$loader" --library-path "$libraries" "$root/usr/bin/micropython" "$@"
