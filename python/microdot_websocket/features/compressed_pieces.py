"""Compressed messages into a buffer of the application's: ``pieces.py`` imports this for the first
connection that has agreed to compress."""

from ..websocket import const
from .compression import EMPTY, Compression, Inflater, attempt, codec, utf8, window_bits

if False:  # for type checkers alone
    from collections.abc import Awaitable
    from typing import Any

    from ..websocket import WebSocket


_TEXT = const(1)
_RATIO = const(4)  # by which most messages become longer, if not less, when they are inflated


async def _message(self: Compression, limit: int, buffer: 'Any') -> int:
    """The bytes of a message that have been put into the buffer; ``self.rest`` has what follows."""
    ws = self.ws
    self.rest = None
    pieces = await attempt(ws, _open, self, limit, buffer)
    self.rest = pieces
    n = await pieces.receive(ws)
    if pieces.ended:
        self.rest = None
    return n


async def _open(self: Compression, limit: int, buffer: 'Any') -> 'Pieces':
    protocol = self.ws.protocol
    data = protocol.data or EMPTY
    text = protocol.event == _TEXT
    bits = min(self.bits, window_bits(limit))  # none refers to more than itself
    inflater = Inflater(data, min(bits, window_bits(_RATIO * len(data))), bits)
    if not (text or inflater.sure):
        await codec.verify(inflater, limit)  # before any of it is put out
    return Pieces(inflater, limit, text, buffer)


class Pieces:
    """A message that is inflated into a buffer, piece by piece."""

    ended = False

    def __init__(self, inflater: 'Any', limit: int, text: bool, buffer: 'Any') -> None:
        self.inflater = inflater
        self.left = limit
        self.text = text
        self.buf = memoryview(buffer)
        self.utf8 = 0

    def receive(self, ws: 'WebSocket') -> 'Awaitable[int]':
        """Inflate until the buffer is full, or less at the message's end; to await: the bytes."""
        return attempt(ws, self.read)

    async def read(self) -> int:
        view = self.buf
        n = self.inflater.readinto(view)
        self.left -= n
        self.ended = n < len(view)
        if self.left <= 0 and not self.ended:
            if self.inflater.readinto(bytearray(1)):
                raise OverflowError
            self.ended = True
        if self.text:
            self.utf8 = utf8(view, 0, n, self.utf8)
            if self.utf8 < 0 or (self.ended and self.utf8):
                raise ValueError('invalid UTF-8')
        return n


Compression.pieces = _message  # last: where memory ends before, the next call imports it again
