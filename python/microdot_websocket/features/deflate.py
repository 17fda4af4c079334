"""DEFLATE (RFC 1951) for messages, with MicroPython's ``deflate``. For CPython there is
``cpython/deflate.py``; ``compression.py`` picks.

``Inflater(data, few, bits)``: inflates a whole message, of ``size`` bytes. ``bits``: the
window of the end that has compressed it, or less if the message will not be longer than that;
``few``: one that will do for most messages.
``readinto(buf)`` fills a bytearray or memoryview, only at the end not all of it; the bytes.
ValueError: the data is corrupt, or ends in the middle. ``rewind()``: from the beginning again.
``sure``: whether it sees what refers to bytes before the message's beginning. If not, they become
0xFF before the first ``rewind()``, and something else behind it.

``deflate(payload, bits, level)``: what a message compresses to, without the ``TAIL``, for whoever
has a window of that many bits; None if it would not be shorter. ``deflate`` is None where the
firmware cannot compress.
"""

import io

from deflate import RAW, DeflateIO
from micropython import const

if False:  # for type checkers alone
    from typing import Any

    from .._types import Buffer


#: Left out at a message's end (RFC 7692, section 7.2.1), and what ends the stream behind it.
TAIL = b'\x00\x00\xff\xff\x03\x00'
# Final blocks in one message, at most, with others behind them: each costs a new window.
_STREAMS = const(16)
MIN_BITS = const(8)  # of a window that can be compressed for

# What _filling() begins with: a block's header, and a byte of 9 bits
_FF = const(0xFFA)
_FE = const(0x7FA)
_REPEATED = const(258)  # bytes: the longest repetition that there is
_SEARCHED = const(9)  # bits of the window when compressing: its time is proportional to the window


class Inflater:
    # DeflateIO allocates the window, and sees when it is too small. It does not see a distance that
    # goes back beyond the message's beginning: blocks in front of the message fill the window.
    sure = False

    def __init__(self, data: bytes, few: int, bits: int) -> None:
        self.size = len(data)
        self.data = data + TAIL
        self.bits = few
        self.most = bits
        self.byte = _FF
        self.done = 0
        self.open()

    def rewind(self) -> None:
        self.byte = _FE
        self.done = 0
        self.open()

    def open(self) -> None:
        self.count = 0
        self.next(len(self.data))

    def next(self, left: int) -> None:
        """:param left: bytes of the message that are left for it."""
        self.stream = self.source = None  # they may be collected, and the window with them
        self.count += 1
        if self.count > _STREAMS:
            raise ValueError('too many final blocks')
        repeats = 1 << self.bits - 8
        blocks = _filling(self.byte, repeats)
        self.end = len(blocks) + left
        self.source = io.BytesIO(blocks + memoryview(self.data)[-left:])
        self.stream = DeflateIO(self.source, RAW, self.bits)
        buf = memoryview(bytearray(_REPEATED))
        self.stream.readinto(buf[:1])
        for _ in range(repeats):
            self.stream.readinto(buf)

    def readinto(self, buf: 'Buffer') -> int:
        if not self.stream:
            return 0
        view = memoryview(buf)
        try:
            try:
                n = self.read(view)
            except OSError:
                if self.bits == self.most:
                    raise
                self.bits = self.most
                self.open()
                done = self.done  # of it, again
                while done:
                    done -= self.read(view[:done])
                n = self.read(view)
        except (OSError, EOFError):
            raise ValueError('bad compressed data')
        self.done += n
        return n

    def read(self, buf: memoryview) -> int:
        n = 0
        while n < len(buf) and self.stream:
            n += self.stream.readinto(buf[n:])
            if n < len(buf):
                left = self.end - self.source.tell()
                if left:
                    # RFC 7692, section 7.2.1: others may follow a final block.
                    self.next(left)
                else:
                    self.stream = None
        return n


def _filling(byte: int, repeats: int) -> bytes:
    """Blocks (RFC 1951) of a byte and as many repetitions, each of 258 bytes at distance 1."""
    n = 13  # bits of a repetition
    codes = 0xA3
    while repeats > 1:
        repeats >>= 1
        codes |= codes << n
        n <<= 1
    # A block with the fixed codes, and an empty one behind it that ends with a byte: 10 bits and 4
    # bytes.
    return (codes << 12 | byte).to_bytes((n + 29) >> 3, 'little') + TAIL[:4]


def deflate(payload: 'Any', bits: int, level: int) -> 'memoryview | None':
    payload = memoryview(payload)
    size = len(payload)
    out = io.BytesIO(size)  # type: ignore[arg-type]  # MicroPython's: room for so many bytes
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
