# MicroPython on this machine: what the demo and the tests run on.
unix_ARCHS := x64 x86
