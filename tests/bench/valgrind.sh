#!/bin/sh
# build/bin/valgrind: the user's own Valgrind where it is on PATH, else Debian's.
own=$(command -v valgrind) && [ "$(readlink -f "$own")" != "$(readlink -f "$0")" ] && exec "$own" "$@"
root=$(dirname "$(readlink -f "$0")")/../tools/valgrind/usr
VALGRIND_LIB=$root/libexec/valgrind exec "$root/bin/valgrind" "$@"
