"""ws_core.c itself, through ws_core_library.py. The contract that it is a part of is tested on
MicroPython, in test_mod_wscodec.py."""

import pytest
from codec_vectors import HEADERS, TOO_LONG, UTF8_INVALID, UTF8_VALID, bytes_of, unmasked
from ws_core_library import NATMOD, PAGE, Guarded, Header, build, symbols


@pytest.fixture(scope='module')
def core(tmp_path_factory):
    return build(tmp_path_factory.mktemp('ws_core'))


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


def is_utf8(data):
    try:
        data.decode()
    except ValueError:
        return False
    return True


def test_utf8_as_cpython_has_it(core, guarded):
    """Which second bytes a character may have behind each first one."""
    for first in (0x7F, *range(0xC0, 0x100)):
        for second in range(0x70, 0xD0):
            data = bytes([first, second])
            good = any(is_utf8(data + b'\x80' * n) for n in range(3))
            assert (core.ws_utf8(guarded.place(data), 2, 0) >= 0) is good, data


def test_utf8_finds_one_bad_byte_anywhere(core, guarded):
    for n in range(1, 40):
        for bad in range(n):
            data = bytearray(b'a' * n)
            data[bad] = 0xFF
            assert core.ws_utf8(guarded.place(data), n, 0) == -1


@pytest.mark.parametrize('optimize', ['-Os', '-O2', '-O3'])
def test_needs_nothing(optimize, tmp_path):
    """No libc call, the compiler's own included, and no global: natmods have neither."""
    kinds = symbols(tmp_path, NATMOD / 'ws_core.c', optimize)
    assert {name for name, kind in kinds.items() if kind == 'T'} == {
        'ws_parse_header',
        'ws_unmask',
        'ws_utf8',
    }
    assert set(kinds.values()) <= {'T', 't', 'r'}
