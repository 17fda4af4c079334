#!/bin/sh
# build/bin/clang: the user's own where it is on PATH, else Debian's with its libraries.
own=$(command -v clang) && [ "$(readlink -f "$own")" != "$(readlink -f "$0")" ] && exec "$own" "$@"
root=$(dirname "$(readlink -f "$0")")/../tools/clang
libraries=lib/$(uname -m)-linux-gnu
LD_LIBRARY_PATH=$root/usr/$libraries:$root/$libraries exec "$root/usr/bin/clang" "$@"
