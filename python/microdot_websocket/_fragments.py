"""Messages sent in fragments: ``ws.send_stream()``."""

import asyncio

from . import protocol as rfc
from .protocol import const
from .websocket import BUFFERS

_INTERNAL_ERROR = const(1011)
_BURST = const(32)  # as in websocket.py
_MORE = const(0x80)  # added to an opcode: the frame is not its message's last


async def send_stream(self, chunks):
    """Send one message whose parts come one by one, each as a fragment (RFC 6455, section 5.4).

    :param chunks: an iterable or async iterable of str, for a TEXT message, or of bytes, bytearray
                   or memoryview, for BINARY. A buffer may be used again for the next chunk.

    Other messages wait until this one is complete; control frames go between its fragments. If
    ``chunks`` raises, or this is cancelled, the message can never be completed, and the connection
    is closed with code 1011. WebSocketError: the connection has ended. TypeError: a chunk of
    another type.
    """
    if self.closed:
        raise self._end_error()
    if not self._fragments:
        self._fragments = _Fragments(self)
    async with self._fragments.lock:
        message = _Message(self)
        self._flushing += 1  # other tasks do not send at once
        try:
            if hasattr(chunks, '__aiter__'):
                async for chunk in chunks:
                    await message.send(chunk)
            else:
                for chunk in chunks:
                    await message.send(chunk)
            await message.end()
        except BaseException:
            if message.opcode:
                await self.close(_INTERNAL_ERROR)
            raise
        finally:
            self._flushing -= 1


class _Fragments:
    """Of a connection that has sent a message in fragments: lets no other message in between."""

    def __init__(self, ws):
        self._ws = ws
        self.lock = asyncio.Lock()

    async def _flush(self, opcode, data):
        """In place of the connection's: control frames do not wait."""
        if opcode > rfc.BINARY:
            await self._ws._flush(opcode, data)
        else:
            async with self.lock:
                await self._ws._flush(opcode, data)


class _Message:
    """One that is being sent."""

    opcode = 0  # TEXT or BINARY, once a fragment has been sent

    def __init__(self, ws):
        self._ws = ws

    async def send(self, chunk):
        if isinstance(chunk, str):
            opcode = rfc.TEXT
        elif isinstance(chunk, BUFFERS):
            opcode = rfc.BINARY
        else:
            raise TypeError('send_stream() takes str or bytes, not %s' % type(chunk).__name__)
        if self.opcode == opcode:
            opcode = rfc.CONT
        elif self.opcode:
            raise TypeError('send_stream() takes either str or bytes, not both')
        else:
            self.opcode = opcode
        await self._write(opcode | _MORE, chunk)

    async def end(self):
        # An empty fragment: that a chunk was the last shows only once it has been sent.
        await self._write(rfc.CONT if self.opcode else rfc.BINARY, b'')

    async def _write(self, opcode, chunk):
        ws = self._ws
        if ws.closed:
            raise ws._end_error()
        try:
            await ws._flush(opcode, chunk)
        except OSError:
            raise ws._lost()
        except MemoryError:
            ws._lost()  # a part of the frame may be out
            raise
        ws._burst += 1
        if ws._burst >= _BURST:
            ws._burst = 0
            await asyncio.sleep(0)
