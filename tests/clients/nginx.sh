#!/bin/sh
# build/bin/nginx: the user's own nginx where it is on PATH, else Debian's.
own=$(command -v nginx) && [ "$(readlink -f "$own")" != "$(readlink -f "$0")" ] && exec "$own" "$@"
root=$(dirname "$(readlink -f "$0")")/../tools/nginx
libraries=lib/$(uname -m)-linux-gnu
LD_LIBRARY_PATH=$root/usr/$libraries:$root/$libraries exec "$root/usr/sbin/nginx" "$@"
