"""Messages sent in fragments: ``ws.send_stream()``."""

import asyncio

from ..websocket import const

if False:  # for type checkers alone
    from collections.abc import AsyncIterable, Iterable
    from typing import Any

    from .._types import Data
    from ..websocket import WebSocket


_CONT = const(0)
_TEXT = const(1)
_BINARY = const(2)
_INTERNAL_ERROR = const(1011)
_BURST = const(32)  # fragments without waiting, before other tasks get their turn
_NOT_LAST = const(0x80)  # added to an opcode: a fragment that others follow


async def send_stream(self: 'WebSocket', chunks: 'Iterable[Data] | AsyncIterable[Data]') -> None:
    """Send one message whose parts come one by one, each as a fragment (RFC 6455, section 5.4).

    :param chunks: an iterable or async iterable of str, for a TEXT message, or of bytes, bytearray
                   or memoryview, for BINARY. A buffer may be used again for the next chunk.

    Other messages wait until this one is complete; control frames go between its fragments. If
    ``chunks`` raises, or this is cancelled, the message can never be completed, and the connection
    is closed with code 1011. WebSocketError: the connection has ended. TypeError: a chunk of
    another type.
    """
    if self.closed:
        await asyncio.sleep(0)  # a handler that tries again and again must let others run
        raise self.exception()
    if not self.message_lock:
        self.message_lock = asyncio.Lock()
    message = _Message(self)
    await self.message_lock.acquire()
    try:
        self.acquire()
        try:
            await message.send_all(chunks)
        except BaseException:
            if message.opcode:
                await self.close(_INTERNAL_ERROR)
            raise
        finally:
            self.release()
    finally:
        self.message_lock.release()


class _Message:
    """One that is being sent."""

    opcode = 0  # TEXT or BINARY, once a fragment has been sent

    def __init__(self, ws: 'WebSocket') -> None:
        self._ws = ws
        self._burst = 0

    async def send_all(self, chunks: 'Any') -> None:
        if hasattr(chunks, '__aiter__'):
            async for chunk in chunks:
                await self.send(chunk)
        else:
            for chunk in chunks:
                await self.send(chunk)
        # An empty fragment: that a chunk was the last shows only once it has been sent.
        await self._write(_CONT if self.opcode else _BINARY, b'')

    async def send(self, chunk: 'Data') -> None:
        kind = _TEXT
        if not isinstance(chunk, str):
            kind = _BINARY
            try:
                memoryview(chunk)
            except TypeError:
                raise TypeError('send_stream() takes str or bytes, not %s' % type(chunk).__name__)
        before = self.opcode
        if before and before != kind:
            raise TypeError('send_stream() takes either str or bytes, not both')
        self.opcode = kind
        try:
            await self._write((_CONT if before else kind) | _NOT_LAST, chunk)
        except ValueError:  # it is no UTF-8: nothing of it is out
            self.opcode = before
            raise

    async def _write(self, opcode: int, chunk: 'Data') -> None:
        ws = self._ws
        if ws.closed:
            raise ws.exception()
        try:
            await ws.flush(True, chunk, opcode)
        except OSError:
            raise ws.abort()
        except MemoryError:
            ws.abort()  # a part of the frame may be out
            raise
        self._burst += 1
        if self._burst >= _BURST:
            self._burst = 0
            await asyncio.sleep(0)
