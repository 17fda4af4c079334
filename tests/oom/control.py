"""What arms the failing allocator (module/oom.c), and tells what failed."""

import bisect
import mmap
import struct
import subprocess

FRAMES = 16
MOST = 8
TRACE = 8192
HEAD = struct.calcsize('<6i')
SIZE = HEAD + 8 * MOST * FRAMES + TRACE
NEVER = 1 << 30  # an allocation that does not come: to count them
# Between the allocator and who asked for memory.
INNER = {
    'fails',
    '__wrap_gc_alloc',
    '__wrap_gc_realloc',
    'm_malloc',
    'm_malloc0',
    'm_malloc_maybe',
    'm_malloc_with_finaliser',
    'm_realloc',
    'm_realloc_maybe',
}


class Control:
    """The struct of oom.c, in a file."""

    def __init__(self, path, symbols):
        with open(path, 'w+b') as file:
            file.truncate(SIZE)
            self._map = mmap.mmap(file.fileno(), SIZE)
        self._symbols = symbols

    def arm(self, n, k):
        """Let the nth allocation from now on fail, and the k - 1 behind it."""
        self._map[:] = bytes(SIZE)
        struct.pack_into('<ii', self._map, 4, n, k)
        struct.pack_into('<i', self._map, 0, 1)

    def disarm(self):
        struct.pack_into('<i', self._map, 0, 0)

    def _value(self, i):
        return struct.unpack_from('<i', self._map, 4 * i)[0]

    @property
    def count(self):
        """Allocations since it was armed."""
        return self._value(3)

    @property
    def failed(self):
        return self._value(4)

    @property
    def callers(self):
        """For each that failed the C functions that asked for it, the innermost first."""
        return [self._callers(i) for i in range(min(self.failed, MOST))]

    def _callers(self, i):
        frames = struct.unpack_from(f'<{FRAMES}Q', self._map, HEAD + 8 * FRAMES * i)
        names = [self._symbols.name(frame) for frame in frames if frame]
        return [name for name in names if name not in INNER]

    @property
    def trace(self):
        """The lines of Python that exceptions went through: type file:line:function."""
        at = HEAD + 8 * MOST * FRAMES
        return self._map[at : at + self._value(5)].decode('latin-1').splitlines()


class Symbols:
    """The functions of an executable."""

    def __init__(self, program):
        out = subprocess.run(['nm', '-n', program], capture_output=True, text=True, check=True)
        words = [line.split() for line in out.stdout.splitlines()]
        table = [(int(at, 16), kind, name) for at, kind, name in (w for w in words if len(w) == 3)]
        base = next(at for at, _, name in table if name == '__executable_start')
        self._names = [(at - base, name) for at, kind, name in table if kind in 'tT']
        self._end = max(at for at, _, _ in table) - base

    def name(self, address):
        """The function at an address; 'natmod' for machine code in none of the executable's."""
        if not 0 <= address < self._end:
            return 'natmod'
        i = bisect.bisect_right(self._names, (address, '~')) - 1
        return self._names[i][1] if i >= 0 else '?'
