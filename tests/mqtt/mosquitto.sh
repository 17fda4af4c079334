#!/bin/sh
# build/bin/mosquitto: the user's own mosquitto where it is on PATH, else Debian's.
own=$(command -v mosquitto) && [ "$(readlink -f "$own")" != "$(readlink -f "$0")" ] && exec "$own" "$@"
root=$(dirname "$(readlink -f "$0")")/../tools/mosquitto
libraries=lib/$(uname -m)-linux-gnu
LD_LIBRARY_PATH=$root/usr/$libraries:$root/$libraries exec "$root/usr/sbin/mosquitto" "$@"
