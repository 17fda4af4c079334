"""ws_core.c itself, through ctypes: built by the machine's compiler with its undefined-behaviour
sanitizer, at the edge of a page that cannot be read. The contract that it is a part of is tested
on MicroPython, in test_mod_wscodec.py."""

import ctypes
import mmap
import subprocess
from pathlib import Path

import pytest
from codec_contract import HEADERS, TOO_LONG, UTF8_INVALID, UTF8_VALID, bytes_of, unmasked

NATMOD = Path(__file__).resolve().parents[2] / 'natmod'
PAGE = mmap.PAGESIZE


class Header(ctypes.Structure):
    """ws_header_t"""

    _fields_ = [
        ('first', ctypes.c_uint8),
        ('masked', ctypes.c_uint8),
        ('key', ctypes.c_uint8 * 4),
        ('length', ctypes.c_uint32),
    ]


@pytest.fixture(scope='module')
def core(tmp_path_factory):
    """The library: an alignment fault or any other undefined behaviour ends the process."""
    library = tmp_path_factory.mktemp('ws_core') / 'ws_core.so'
    flags = '-std=c99 -O2 -fPIC -shared -fsanitize=undefined -fsanitize-undefined-trap-on-error'
    subprocess.run(
        ['gcc', *flags.split(), '-Wall', '-Wextra', '-Werror', '-o', library, NATMOD / 'ws_core.c'],
        check=True,
    )
    lib = ctypes.CDLL(str(library))
    lib.ws_parse_header.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(Header)]
    lib.ws_unmask.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    lib.ws_unmask.restype = None
    lib.ws_utf8.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return lib


class Guarded:
    """Memory whose end is the end of a page, with a page behind it that faults."""

    def __init__(self):
        self.map = mmap.mmap(-1, 3 * PAGE)
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(self.map))
        libc = ctypes.CDLL(None)
        libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        assert libc.mprotect(self.base + 2 * PAGE, PAGE, mmap.PROT_READ * 0) == 0

    def place(self, data):
        """Copy `data` so that it ends where the page ends; its address."""
        start = 2 * PAGE - len(data)
        self.map[start : 2 * PAGE] = data
        return self.base + start

    def read(self, n):
        return self.map[2 * PAGE - n : 2 * PAGE]


@pytest.fixture(scope='module')
def guarded():
    return Guarded()


def test_header(core, guarded):
    for data, expected in HEADERS:
        for n in range(len(data)):
            header = Header(1, 2, (3, 4, 5, 6), 7)
            before = bytes(header)
            assert core.ws_parse_header(guarded.place(data[:n]), n, header) == 0
            assert bytes(header) == before
        header = Header()
        assert core.ws_parse_header(guarded.place(data), len(data), header) == len(data)
        assert (header.first, header.masked, header.length, bytes(header.key)) == expected


def test_header_too_long(core, guarded):
    for length in TOO_LONG:
        data = b'\x82\xff' + length.to_bytes(8, 'big') + b'abcd'
        header = Header(1, 2, (3, 4, 5, 6), 7)
        before = bytes(header)
        assert core.ws_parse_header(guarded.place(data), len(data), header) == -1
        assert bytes(header) == before


def test_unmask(core, guarded):
    key = b'\x01\x20\x83\xf4'
    for n in [*range(80), 127, 128, 129, 1000, PAGE - 1, PAGE]:
        for phase in range(4):
            data = bytes_of(n)
            core.ws_unmask(guarded.place(data), n, key, phase)
            assert guarded.read(n) == unmasked(data, key, phase)


def test_unmask_every_alignment(core, guarded):
    for behind in range(9):
        for n in range(70):
            address = guarded.place(bytes_of(n + behind))
            core.ws_unmask(address, n, b'abcd', n)
            after = guarded.read(n + behind)
            assert after == unmasked(bytes_of(n), b'abcd', n) + bytes_of(n + behind)[n:]


def test_utf8(core, guarded):
    for text in UTF8_VALID:
        data = text.encode()
        assert core.ws_utf8(guarded.place(data), len(data), 0) == 0
        for n in range(len(data)):
            assert core.ws_utf8(guarded.place(data[:n]), n, 0) >= 0
    for data, bad in UTF8_INVALID:
        assert core.ws_utf8(guarded.place(data), len(data), 0) == -1
        assert core.ws_utf8(guarded.place(data[:bad]), bad, 0) >= 0
        assert core.ws_utf8(guarded.place(data[: bad + 1]), bad + 1, 0) == -1


def test_utf8_finds_one_bad_byte_anywhere(core, guarded):
    for n in range(1, 40):
        for bad in range(n):
            data = bytearray(b'a' * n)
            data[bad] = 0xFF
            assert core.ws_utf8(guarded.place(data), n, 0) == -1


@pytest.mark.parametrize('optimize', ['-Os', '-O2', '-O3'])
def test_needs_nothing(optimize, tmp_path):
    """No libc call, the compiler's own included, and no global: natmods have neither."""
    obj = tmp_path / 'ws_core.o'
    subprocess.run(
        [
            'gcc',
            '-std=c99',
            optimize,
            '-fno-stack-protector',
            '-c',
            '-o',
            obj,
            NATMOD / 'ws_core.c',
        ],
        check=True,
    )
    symbols = subprocess.run(['nm', obj], check=True, capture_output=True, text=True).stdout
    kinds = {line.split()[-1]: line.split()[-2] for line in symbols.splitlines()}
    assert {name for name, kind in kinds.items() if kind == 'T'} == {
        'ws_parse_header',
        'ws_unmask',
        'ws_utf8',
    }
    assert set(kinds.values()) <= {'T', 't', 'r'}
