"""For machines whose instructions are counted from outside: at each write to the terminal."""

import sys

write = sys.stdout.write


def now():
    write('.')
    return 0
