"""ws_deflate.c itself, through ws_deflate_library.py, with zlib beside it. What it is to
MicroPython is tested there, in test_mod_wsdeflate.py and tests/python/test_deflate.py."""

import random
import zlib

import pytest
from deflated import Deflated, bomb
from frames import pattern
from ws_core_library import NATMOD, symbols
from ws_deflate_library import BAD, END, MORE, STREAMED, Library

TAIL = b'\x00\x00\xff\xff\x03\x00'
TEXT = b''.join(b'{"sensor":%d,"temperature":%d.%d},' % (i, i % 7 + 20, i % 9) for i in range(300))
NOISE = random.Random(1).randbytes(5000)


@pytest.fixture(scope='module')
def c(tmp_path_factory):
    return Library(tmp_path_factory.mktemp('ws_deflate'))


def zlib_inflated(message, bits=15):
    """By zlib, byte by byte: so it sees no further back than its window."""
    stream = zlib.decompressobj(-bits)
    data = message + TAIL
    result = b''
    while not stream.eof:
        result += stream.decompress(data, 1)
        data = stream.unconsumed_tail
    assert not stream.unused_data
    return result


def zlib_deflated(data, level=6, strategy=zlib.Z_DEFAULT_STRATEGY):
    stream = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_what_it_compresses_zlib_inflates(c):
    for data in (b'a' * 1000, TEXT, TEXT[:50], bytes(3000), pattern(251) * 9, NOISE[:300] * 5):
        message = c.deflate(data)
        assert zlib_inflated(message) == data
        assert c.inflate(message, len(data) + 1) == (data, END)


def test_every_length(c):
    """Wherever in a byte its bits may end, and to the edge of the memory."""
    for n in range(600):
        data = TEXT[:n] + b'\xff\xfe'
        message = c.deflate(data)
        if n > 120:
            assert zlib_inflated(message) == data


def test_what_would_not_be_shorter(c):
    for n in (*range(20), 100, 289, 5000):
        assert c.deflate(NOISE[:n]) is None
    for n in range(9):
        assert c.deflate(b'a' * n) is None or n > 4


def far_repetitions(rounds):
    """A message of repetitions of three bytes, each from further away than 16 KiB, so that it takes
    25 bits: their places in the table outlast the literals between, whose three bytes all go to
    eight others of its places."""
    data = bytearray(2)
    table = {}

    def place_of(i):
        number = int.from_bytes(data[i : i + 3], 'little')
        return number + (number >> 6) + (number >> 13) & 0xFF

    def literal(places):
        i = len(data) - 2
        data.append(0)
        for k in range(144):
            data[-1] = (k + 37 * i) % 144
            before = table.get(place_of(i), -3)
            if place_of(i) in places and data[before : before + 3] != data[i:]:
                break
        table[place_of(i)] = i

    for _ in range(3000):
        literal(range(8, 256))
    for _ in range(rounds):
        for _ in range(16500):
            literal(range(8))
        last = None
        for place, before in sorted(table.items()):
            i = len(data)
            is_far = i - before > 16400 and table[place] == before
            if is_far and (last is None or data[before] != data[last + 3]):  # which is 3 bytes too
                data.extend(data[before : before + 3])
                # What is looked at before: two literals, or the last byte of a repetition.
                earlier = range(i - (2 if last is None else 1), i)
                table.update((place_of(k), k) for k in earlier)
                if table[place] != before:
                    del data[i:]
                    continue
                table[place] = i
                last = before
        data.extend(b'ab')
        table[place_of(len(data) - 3)] = len(data) - 3
    return bytes(data)


def test_repetitions_that_take_more_than_they_save(c):
    for rounds in (2, 4):
        data = far_repetitions(rounds)
        message = c.deflate(data)
        assert message is None or zlib_inflated(message) == data


def test_windows(c):
    data = TEXT[:300] + NOISE[:1500] + TEXT[:300]
    for bits in range(8, 16):
        assert zlib_inflated(c.deflate(TEXT, bits), max(bits, 9)) == TEXT
        message = c.deflate(TEXT[:300] + bytes(1 << bits) + TEXT[:300], bits)
        assert zlib_inflated(message, max(bits, 9))[-300:] == TEXT[:300]
    assert c.deflate(data, 15) and len(c.deflate(data, 12)) == len(c.deflate(data, 15))


def test_its_table_may_hold_anything(c):
    for fill in (0, 1, 0xFFFF, 0x8000):
        for i in range(len(c.table)):
            c.table[i] = fill ^ i * 40503 & 0xFFFF
        assert zlib_inflated(c.deflate(TEXT)) == TEXT


def test_more_than_the_table_counts(c):
    data = (TEXT + NOISE) * 6
    assert len(data) > 1 << 16
    assert zlib_inflated(c.deflate(data)) == data


def test_what_zlib_compressed(c):
    for data in (b'', b'a', TEXT, NOISE, bytes(70000), bytes(range(256)) * 3):
        for level in (0, 1, 6, 9):
            for strategy in range(5):
                message = zlib_deflated(data, level, strategy)
                assert c.count(message) == (len(data), END)
                assert c.inflate(message, len(data) + 1) == (data, END)
                assert c.in_pieces(message, 1 + len(data) // 3 % 30000) == (data, END)


def test_pieces(c):
    data = TEXT * 5
    for bits in (9, 12, 15):
        message = zlib_deflated(data) if bits == 15 else c.deflate(data, bits)
        for piece in (1, 100, 512):
            assert c.in_pieces(message, piece, bits) == (data, END)


def said_by_zlib(message):
    """(what it becomes, the kind of error or ''); each final block ends a stream."""
    data = message + TAIL
    result = b''
    while data:
        stream = zlib.decompressobj(-15)
        try:
            result += stream.decompress(data, 100000)
        except zlib.error as exc:
            return b'', str(exc).partition(': ')[2]
        if not stream.eof:
            return b'', 'cut off'
        data = stream.unused_data
    return result, ''


def test_what_is_cut_off(c):
    message = zlib_deflated(TEXT)
    for n in range(len(message)):
        expected, error = said_by_zlib(message[:n])
        got, result = c.inflate(message[:n], 100001)
        assert result == (BAD if error else END)
        assert error or got == expected  # it may happen to end with a block


def test_as_strict_as_zlib(c):
    """A bit or two that are changed: an error where zlib finds one, else the same data."""
    rng = random.Random(2)
    originals = [zlib_deflated(data, 9) for data in (TEXT[:900], b'abcabcabcde', NOISE[:40])]
    found = set()
    for _ in range(6000):
        message = bytearray(rng.choice(originals))
        for _ in range(rng.choice((1, 1, 2))):
            message[rng.randrange(min(len(message), 120))] ^= 1 << rng.randrange(8)
        expected, error = said_by_zlib(bytes(message))
        got, result = c.inflate(bytes(message), 100001)
        assert result == (BAD if error else END), (error, bytes(message))
        assert error or got == expected
        found.add(error)
    assert len(found) > 8, found  # of zlib's kinds of errors


def test_distances(c):
    for before in (b'', b'abc', pattern(300)):
        for distance in (1, 3, 4, 256, 257, 300, 301, 32768):
            message = Deflated().fixed(before, (10, distance)).message()
            for bits in (8, 15):
                result = c.count(message, bits)[1]
                good = distance <= len(before) and distance <= 1 << bits
                assert result == (END if good else BAD)


def test_final_blocks(c):
    data = Deflated().fixed(b'xyz', final=True).align().fixed(b'ab', (3, 2))
    assert c.inflate(data.message(), 99) == (b'xyzababa', END)
    data = Deflated().fixed(b'xyz', final=True).align().fixed(b'ab', (3, 3))
    assert c.count(data.message())[1] == BAD  # it has begun anew
    assert c.count(b'\x03\x00' * 15 + b'\x00')[1] == END
    assert c.count(b'\x03\x00' * 16 + b'\x00')[1] == STREAMED


def test_a_bomb_is_counted_quickly(c):
    message = bomb(1 << 20)
    assert c.count(message, most=1001) == (1001, MORE)
    assert c.count(message) == (((1 << 20) - 1) // 258 * 258 + 1, END)


@pytest.mark.parametrize('optimize', ['-Os', '-O2', '-O3'])
def test_needs_nothing(optimize, tmp_path):
    """No libc call, the compiler's own included, and no global: natmods have neither."""
    loops = '-fno-tree-loop-distribute-patterns'  # as natmod/Makefile has it
    kinds = symbols(tmp_path, NATMOD / 'ws_deflate.c', optimize, loops)
    assert {name for name, kind in kinds.items() if kind == 'T'} == {
        'ws_deflate',
        'ws_inflate',
        'ws_inflate_begin',
    }
    assert set(kinds.values()) <= {'T', 't', 'r'}
