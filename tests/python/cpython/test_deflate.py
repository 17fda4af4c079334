"""What zlib alone does: levels, and whole messages at once."""

import zlib

import pytest
from deflated import inflated
from frames import pattern
from microdot_websocket.cpython.deflate import MIN_BITS, STREAMS, Inflater, deflate

DATA = b''.join(b'%d, ' % (i * i) for i in range(5000))


def test_levels():
    sizes = [len(deflate(DATA, 15, level)) for level in (1, 6, 9)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]
    assert deflate(DATA, 15, 0) is None
    for level in (1, 6, 9):
        assert inflated(deflate(DATA, 15, level)) == DATA


def test_the_smallest_window():
    assert inflated(deflate(DATA, MIN_BITS, 6), MIN_BITS) == DATA
    with pytest.raises(ValueError):
        deflate(DATA, MIN_BITS - 1, 6)


def test_what_zlib_compressed():
    for level in range(10):
        for data in (DATA, pattern(1000), b'', b'x' * 100000):
            stream = zlib.compressobj(level, zlib.DEFLATED, -15)
            message = stream.compress(data) + stream.flush(zlib.Z_FULL_FLUSH)
            buf = bytearray(len(data) + 1)
            assert Inflater(message[:-4], 9, 15).readinto(buf) == len(data)
            assert buf[:-1] == data


def test_many_final_blocks_are_refused_soon():
    """Each copies what is behind it."""
    msg = b'\x03\x00' * 100000
    inflater = Inflater(msg, 9, 15)
    with pytest.raises(ValueError, match='final'):
        inflater.readinto(bytearray(10))
    assert len(inflater._input) == len(msg) + 6 - 2 * STREAMS
