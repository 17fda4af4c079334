#!/bin/sh
# build/bin/micropython-xtensawin and micropython-xtensa: MicroPython on an emulated Xtensa core,
# with the ABI of the ESP32 (windowed) or of the ESP8266 (call0).
bin=$(dirname "$(readlink -f "$0")")
case $0 in
*-xtensawin) name=xtensawin cpu=de233_fpu ;;
*) name=xtensa cpu=lx106 ;;
esac
exec "$bin/qemu-xtensa" -cpu $cpu "$bin/../emulators/$name/micropython.elf" "$@"
