"""Messages into a buffer of the application's: ``ws.receive_into()`` and ``ws.stream()``.

So a message may be longer than the heap.
"""

from ..websocket import const
from . import load

if False:  # for type checkers alone
    from collections.abc import AsyncIterator
    from typing import Any

    from .._types import Buffer
    from ..websocket import WebSocket


_FULL = const(-3)  # event of Protocol.read(): the buffer is full, and more of the message follows


def check(ws: 'WebSocket', buffer: 'Any') -> None:
    """TypeError unless it is a buffer of bytes. Imports what a connection that compresses needs."""
    # A memoryview of some MicroPython does not tell how large its items are.
    if not isinstance(buffer, (bytearray, memoryview)) or len(bytes(buffer[:1])) > 1:
        raise TypeError('a bytearray or a writable memoryview of bytes is needed')
    if ws.compressed and not ws.compressed.pieces:
        load('compressed_pieces')


async def receive_into(self: 'WebSocket', buffer: 'Buffer', timeout: 'float | None' = None) -> int:
    """Receive the next message into a buffer; its length in bytes.

    :param buffer: a bytearray, or a writable memoryview of bytes.
    :param timeout: as of ``receive()``.

    ``ws.message_type`` tells whether it is TEXT, which is UTF-8, or BINARY. Nothing is allocated
    for the message; ``max_message_length`` does not count. One that is longer than the buffer is
    refused with close code 1009. It may be cancelled, and loses nothing if it is called with the
    same buffer again. WebSocketError: the connection has ended. RuntimeError: another task is
    receiving, or ``receive()`` has begun to read this message. TypeError: a read-only buffer.
    ValueError: an empty one.
    """
    check(self, buffer)
    n = await self.receive(timeout, len(buffer), buffer)
    self.message_type = (self.background or self.protocol).opcode
    return n


def stream(self: 'WebSocket', buffer: 'Buffer') -> 'AsyncIterator[memoryview]':
    """``async for piece in ws.stream(buffer)``: the next message, piece by piece as it arrives.

    :param buffer: a bytearray, or a writable memoryview of bytes: where each piece is put.

    A piece is a memoryview of the buffer, valid until the next one: of all of it, or less at the
    message's end. Of an empty message there is none. ``ws.message_type`` tells whether it is TEXT,
    which is UTF-8, whose characters may lie across two pieces, or BINARY. A message may be of any
    length; ``max_message_length`` does not count. If the loop is left early, the rest of the
    message is passed over. Errors: as of ``receive_into()``.
    """
    return _Pieces(self, buffer)


class _Pieces:
    rest = None  # as of those that have one

    def __init__(self, ws: 'WebSocket', buffer: 'Buffer') -> None:
        check(ws, buffer)
        self._ws = ws
        self._buffer = buffer
        self._view = memoryview(buffer)
        self._ended: Any = False
        self._rest: Any = None  # of a compressed message

    def __aiter__(self) -> '_Pieces':
        return self

    async def __anext__(self) -> memoryview:
        if self._ended:
            raise StopAsyncIteration
        n = await (self._inflate() if self._rest else self._receive())
        if not n:
            raise StopAsyncIteration
        return self._view[:n]

    async def _receive(self) -> int:
        ws = self._ws
        n = await ws.receive(None, 0, self._buffer)
        kept = ws.background
        ws.message_type = (kept or ws.protocol).opcode
        self._rest = (kept or ws.compressed or self).rest
        self._ended = not self._rest and (kept or ws.protocol.event != _FULL)
        return n

    async def _inflate(self) -> int:
        n = await self._rest.receive(self._ws)
        self._ended = self._rest.ended
        return n
