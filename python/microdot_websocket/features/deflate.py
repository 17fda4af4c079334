"""DEFLATE (RFC 1951) for messages, with MicroPython's ``deflate``. For CPython there is
``cpython/deflate.py``; ``compression_offers.py`` picks.

``Inflater(data, few, bits)``: inflates a whole message, of ``size`` bytes. ``bits``: the window of
the end that has compressed it, or less if the message will not be longer than that; ``few``: one
that will do for most messages.
``readinto(buf)`` fills a bytearray or memoryview, only at the end not all of it; the bytes.
ValueError: the data is corrupt, or ends in the middle. ``rewind()``: from the beginning again.

``deflate(payload, bits, level)``: what a message compresses to, without the ``TAIL``, for whoever
has a window of that many bits; None if it would not be shorter. ``deflate`` is None where the
firmware cannot compress.
"""

import io

from deflate import RAW, DeflateIO
from micropython import const

#: Left out at a message's end (RFC 7692, section 7.2.1), and what ends the stream behind it.
TAIL = b'\x00\x00\xff\xff\x03\x00'
#: Final blocks in one message, at most, with others behind them: each costs a new window.
STREAMS = const(16)
MIN_BITS = const(8)  # of a window that can be compressed for

_SEARCHED = const(9)  # bits of the window when compressing: its time is proportional to the window


class Inflater:
    # DeflateIO allocates the window, but sees when it is too small.

    def __init__(self, data, few, bits):
        self.size = len(data)
        self._source = io.BytesIO(data + TAIL)
        self._end = len(data) + len(TAIL)
        self._most_bits = bits
        self._done = 0
        self._open(few)

    def _open(self, bits):
        self._bits = bits
        self._streams = 0
        self._source.seek(0)
        self._next_stream()

    def _next_stream(self):
        self._stream = None  # its window may be collected
        self._streams += 1
        if self._streams > STREAMS:
            raise ValueError('too many final blocks')
        self._stream = DeflateIO(self._source, RAW, self._bits)

    def rewind(self):
        self._done = 0
        self._open(self._bits)

    def readinto(self, buf):
        try:
            try:
                n = self._read(buf)
            except OSError:
                if self._bits == self._most_bits:
                    raise
                self._open(self._most_bits)
                done = self._done  # of it, again
                while done:
                    done -= self._read(memoryview(buf)[:done])
                n = self._read(buf)
        except (OSError, EOFError):
            raise ValueError('bad compressed data')
        self._done += n
        return n

    def _read(self, buf):
        view = memoryview(buf)
        n = 0
        while n < len(view):
            n += self._stream.readinto(view[n:])
            if n < len(view):
                if self._source.tell() == self._end:
                    break
                self._next_stream()  # RFC 7692, section 7.2.1: others may follow a final block
        return n


def deflate(payload, bits, level):
    payload = memoryview(payload)
    size = len(payload)
    out = io.BytesIO(size)
    stream = DeflateIO(out, RAW, min(bits, _SEARCHED))
    stream.write(payload)
    end = out.tell()
    if end + 3 >= size:
        return None
    # It writes one block, marked as final, after which some peers (aiohttp 3.9) take every message
    # for an empty one. Unmark it, and end with an empty block without compression, as zlib does. A
    # block's end and the header of that one are zero bits: 7 and 3, and up to the next byte. But
    # how many bits of the last byte are used? Each of these literals has 9, so one makes two bytes.
    free = 0
    while out.tell() == end + free:
        stream.write(b'\xff')
        free += 1
    data = bytearray(end + 3)
    out.seek(0)
    out.readinto(memoryview(data)[: end + 1])
    data[0] &= 0xFE
    data[end] &= 0xFF >> free
    return memoryview(data)[: end + (3 if free == 1 else 2)]


if not hasattr(DeflateIO, 'write'):
    deflate = None
