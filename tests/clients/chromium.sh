#!/bin/sh
# build/bin/chromium: the user's own Chromium or Chrome where it is on PATH, else Debian's for running
# without a screen, with its libraries and fonts.
for name in chromium-headless-shell chromium google-chrome; do
	own=$(command -v $name) && [ "$(readlink -f "$own")" != "$(readlink -f "$0")" ] && exec "$own" "$@"
done
root=$(dirname "$(readlink -f "$0")")/../tools/chromium
libraries=lib/$(uname -m)-linux-gnu
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_SYSROOT="$root"
LD_LIBRARY_PATH=$root/usr/$libraries:$root/$libraries:$root/usr/$libraries/pulseaudio \
	exec "$root/usr/lib/chromium/chromium-headless-shell" "$@"
