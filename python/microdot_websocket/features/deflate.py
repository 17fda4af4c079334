"""DEFLATE (RFC 1951) for messages, with MicroPython's ``deflate``. For CPython there is
``cpython/deflate.py``; for boards ``_wsdeflate``, which is C (``natmod/mod_wsdeflate.c``).
``compression.py`` picks. All of them have:

``inflate(data, bits, limit)``: what a message becomes, as bytes or another buffer. ``bits``: the
window of the end that has compressed it. ValueError: it is corrupt. OverflowError: it becomes
longer than ``limit``, before more than that has been allocated.

``decode(data)``: such a result as a str, if it is UTF-8; ``encode(text)``: a str as bytes. In C
both share the memory.

``Inflater(data, few, bits)``: inflates a message, of ``size`` bytes, piece by piece. ``bits``: as
above, or less if the message will not be longer than that; ``few``: a window that will do for most
messages.
``readinto(buf)`` fills a bytearray or memoryview, only at the end not all of it; the bytes.
ValueError: the data is corrupt, or ends in the middle. ``rewind()``: from the beginning again.
``sure``: whether it sees what refers to bytes before the message's beginning. If not, they become
0xFF before the first ``rewind()``, and something else behind it: ``verify()`` finds out.

``deflate(payload, bits, level)``: what a message compresses to, without the ``TAIL``, for whoever
has a window of that many bits; None if it would not be shorter. ``deflate`` is None where the
firmware cannot compress. ``MIN_BITS``: of the smallest window that it compresses for.
"""

import asyncio
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
_PIECE = const(512)  # bytes that are inflated at once, at least
_RATIO = const(4)  # by which most messages become longer, if not less, when they are inflated
_UNLIMITED = const(0x3FFFFFFF)  # a limit that is none
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


def inflate(data: bytes, bits: int, limit: int) -> memoryview:
    bits = _window(limit, bits)  # none refers to more than itself
    return inflate_all(Inflater(data, _window(_RATIO * len(data), bits), bits), limit)


def _window(size: int, most: int) -> int:
    """The smallest window that holds ``size`` bytes, in bits; ``most`` at most."""
    bits = 9
    while bits < most and 1 << bits < size:
        bits += 1
    return bits


def decode(data: memoryview) -> str:
    return str(data, 'utf-8')


def encode(text: str) -> bytes:
    return text.encode()


def inflate_all(inflater: 'Any', limit: int) -> memoryview:
    buf = bytearray(min(max(2 * inflater.size, _PIECE), limit) + 1)
    n, found = _count(inflater, limit, buf)
    if n >= len(buf):
        buf = None  # it may be collected
        buf = bytearray(n + 1)
        _recount(inflater, limit, buf, found)
    elif found and not inflater.sure:
        _recount(inflater, limit, buf, found)
    return memoryview(buf)[:n]


def _count(inflater: 'Any', limit: int, buf: bytearray) -> tuple[int, int]:
    """How long a whole message becomes, in bytes, and how many of them are 0xFF. ValueError: it is
    corrupt. OverflowError: it is longer than ``limit``."""
    n = found = 0
    piece = len(buf)
    while piece == len(buf) and n <= limit:
        piece = inflater.readinto(buf)
        n += piece
        found += buf.count(b'\xff', 0, piece)
    if n > limit:
        raise OverflowError
    return n, found


def _recount(inflater: 'Any', limit: int, buf: bytearray, found: int) -> None:
    """The same again. ValueError: some 0xFF came from before the message's beginning."""
    inflater.rewind()
    if _count(inflater, limit, buf)[1] != found:
        raise ValueError('bad compressed data')


async def verify(inflater: 'Any', limit: int) -> None:
    """Inflate it once, and once more if there is a need. Errors: as of ``inflate()``."""
    buf = bytearray(_PIECE)
    before = 0
    while True:
        n = found = 0
        piece = len(buf)
        while piece == len(buf):
            piece = inflater.readinto(buf)
            n += piece
            found += buf.count(b'\xff', 0, piece)
            if n > limit:
                raise OverflowError
            if limit == _UNLIMITED:
                await asyncio.sleep(0)  # of stream(): it may take long
        inflater.rewind()
        if found == before:
            return
        if before:
            raise ValueError('bad compressed data')
        before = found


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
