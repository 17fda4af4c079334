#!/bin/sh
# build/bin/python2.7: Debian's, where it was unpacked, with what pip has put into build/tools/autobahn/;
# and build/bin/wstest, which runs on it. CC and CPATH are for what pip compiles.
build=$(dirname "$(dirname "$(readlink -f "$0")")")
root=$build/debian/python2.7/usr
unset PYTHONPATH
export PYTHONHOME="$root" PYTHONUSERBASE="$build/tools/autobahn"
export CC=gcc CPATH="$root/include/python2.7:$root/include"
case $0 in *wstest) set -- -W ignore -m autobahntestsuite.wstest "$@" ;; esac
LD_LIBRARY_PATH=$root/lib/x86_64-linux-gnu exec "$root/bin/python2.7" "$@"
