"""ws_core.c through ctypes: built by the machine's compiler with its undefined-behaviour
sanitizer, and given memory at the edge of a page that cannot be read. For ws_protocol.c, see
ws_protocol_library.py."""

import ctypes
import mmap
import subprocess
from pathlib import Path

NATMOD = Path(__file__).resolve().parent.parent / 'natmod'
PAGE = mmap.PAGESIZE
FLAGS = '-g -std=c99 -O2 -fPIC -shared -fsanitize=undefined -fsanitize-undefined-trap-on-error'


class Header(ctypes.Structure):
    """ws_header_t"""

    _fields_ = [
        ('first', ctypes.c_uint8),
        ('masked', ctypes.c_uint8),
        ('key', ctypes.c_uint8 * 4),
        ('length', ctypes.c_uint32),
    ]


def compiled(folder, name, *sources):
    """A shared library of C files, made in a folder: an alignment fault or any other undefined
    behaviour ends the process."""
    library = folder / f'{name}.so'
    warnings = '-Wall', '-Wextra', '-Werror'
    command = ['gcc', *FLAGS.split(), *warnings, '-I', NATMOD, '-o', library, *sources]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


def symbols(folder, source, *optimize):
    """The symbols of a C file and their kinds, as nm has them, compiled as natmods are."""
    obj = folder / 'symbols.o'
    options = '-std=c99', *optimize, '-fno-stack-protector', '-c'
    subprocess.run(['gcc', *options, '-o', obj, source], check=True)
    lines = subprocess.run(['nm', obj], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1]: line.split()[-2] for line in lines.splitlines()}


def build(folder):
    """The library of ws_core.c."""
    return declared(compiled(folder, 'ws_core', NATMOD / 'ws_core.c'))


def declared(lib):
    """A library with ws_core.c in it, whose functions know their arguments."""
    lib.ws_parse_header.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(Header)]
    lib.ws_unmask.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    lib.ws_unmask.restype = None
    lib.ws_utf8.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return lib


class Guarded:
    """Memory whose end is the end of a page, with a page behind it that faults."""

    def __init__(self, pages=1):
        self.end = (1 + pages) * PAGE
        self.map = mmap.mmap(-1, self.end + PAGE)
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(self.map))
        libc = ctypes.CDLL(None)
        libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        assert libc.mprotect(self.base + self.end, PAGE, mmap.PROT_READ * 0) == 0

    def place(self, data):
        """Copy `data` so that it ends where the page ends; its address."""
        start = self.end - len(data)
        assert start >= PAGE, 'there must be memory for it'
        self.map[start : self.end] = data
        return self.base + start

    def read(self, n):
        return self.map[self.end - n : self.end]
