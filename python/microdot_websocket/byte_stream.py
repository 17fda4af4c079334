"""A connection as a stream of bytes, for protocols that go over one: MQTT (its section 6), or what
speaks over a serial port. ``ByteStream``, and ``open_connection()``, named as asyncio's.

Where one frame ends and the next begins means nothing (RFC 6455, section 5.4, leaves that to the
application): what is written in one turn of the event loop, or while something else has to be sent
before, is one binary message.
"""

import asyncio
from errno import ECONNRESET

from . import timer
from .client import connect
from .features.post import post
from .websocket import WebSocketError, const

if False:  # for type checkers alone
    from typing import Any

    from .websocket import WebSocket


_BINARY = const(2)
_UNSUPPORTED_DATA = const(1003)
_AGAIN = const(10)  # milliseconds


async def open_connection(url: str, **options: 'Any') -> 'tuple[ByteStream, ByteStream]':
    """``(reader, writer)`` over a WebSocket, which are one ``ByteStream``::

        from microdot_websocket.byte_stream import open_connection

        reader, writer = await open_connection('wss://10.0.0.4/mqtt', subprotocols=('mqtt',))

    :param url, options: as of ``connect()``, which says what it raises.

    What is received at once may be as long as ``max_message_length``.
    """
    ws = await connect(url, **options)
    try:
        stream = ByteStream(ws)
        return stream, stream
    except MemoryError:
        ws.abort()  # nobody else will
        raise


class ByteStream:
    """What asyncio's streams have, reader and writer in one as MicroPython's, over a connection.

    :param ws: a ``WebSocket``, of a client or a server, from which nobody else receives.

    Text, which is no such stream, ends the connection with code 1003. How it has ended is in
    ``ws.close_code``.
    """

    # A watch of the timer, in a turn in which there was a write().
    expires = next = None

    def __init__(self, ws: 'WebSocket') -> None:
        self.ws = ws
        self._data = b''  # received
        self._position = 0  # of it, until which it is read
        self._unsent = bytearray()
        self._closing: Any = None  # a task

    async def _receive(self) -> bool:
        """Have more to read; False: there will be no more."""
        message: Any = b''
        while not message:
            try:
                message = await self.ws.receive()
            except WebSocketError:
                return False
            if isinstance(message, str):
                await self.ws.close(_UNSUPPORTED_DATA)
                return False
        try:
            self._data = self._data[self._position :] + message
        except MemoryError:
            self.ws.abort('out of memory')  # what comes behind a gap means something else
            raise
        self._position = 0
        return True

    def _take(self, n: int) -> bytes:
        position = self._position
        data = self._data[position : position + n]
        self._position = position + len(data)
        if self._position == len(self._data):
            self._data = b''  # a large one is needed no more
            self._position = 0
        return data

    def _left(self) -> int:
        return len(self._data) - self._position

    async def read(self, n: int = -1) -> bytes:
        """The next bytes, at most n, as soon as there are any; b'' if the connection has ended.
        Without n, or below 0: all until its end."""
        if n < 0:
            while await self._receive():
                pass
            n = self._left()
        elif n and not self._left():
            await self._receive()
        return self._take(n)

    async def readexactly(self, n: int) -> bytes:
        """The next n bytes. EOFError: the connection ended before; on CPython an
        ``asyncio.IncompleteReadError``, which is one. ValueError: n is below 0. Nothing is lost if
        it is cancelled."""
        if n < 0:
            raise ValueError('n')
        while self._left() < n:
            if not await self._receive():
                raise _end(self._take(n), n)
        return self._take(n)

    async def readline(self) -> bytes:
        """The next line with its end, or what there was before that of the connection."""
        found = -1
        seen = 0
        while found < 0:
            found = self._data.find(b'\n', self._position + seen)
            if found < 0:
                seen = self._left()
                if not await self._receive():
                    return self._take(seen)
        return self._take(found + 1 - self._position)

    def write(self, data: 'Any') -> None:
        """Send bytes, soon: ``drain()`` sends them at once, together with what was written before.

        :param data: bytes, bytearray or memoryview.

        Does nothing once the connection has ended.
        """
        if data and not self.ws.closed:
            self._unsent += data
            if self.expires is None:
                timer.set(self, 0)

    def _post(self) -> bool:
        """Send what was written; False: something else has to be sent before. MemoryError."""
        if self._unsent and not self.ws.closed:
            unsent = bytearray()
            if not post(self.ws, self._unsent, _BINARY):
                return False
            self._unsent = unsent
        return True

    def poll(self, time: int) -> int:
        """Nobody has called drain()."""
        try:
            return 0 if self._post() else _AGAIN
        except MemoryError:
            return _AGAIN

    async def drain(self) -> None:
        """Wait until all that was written is sent. OSError: the connection has ended. Nothing is
        lost if it is cancelled."""
        ws = self.ws
        try:
            while not self._post():
                await ws.flush()
                await asyncio.sleep(0)
            if not ws.closed:
                await ws.flush()
        except OSError:
            ws.abort()
        if ws.closed:
            raise OSError(ECONNRESET)

    async def awrite(self, data: 'Any') -> None:
        """``write()`` and ``drain()``."""
        self.write(data)
        await self.drain()

    def close(self) -> None:
        """Send what was written, and close the connection."""
        if not self._closing:
            try:
                self._closing = asyncio.create_task(self._close())
            except MemoryError:
                self.ws.abort()

    async def _close(self) -> None:
        try:
            if self._unsent:
                await self.drain()
            await self.ws.close()
        except OSError:  # it has ended
            pass
        except MemoryError:
            self.ws.abort()

    async def wait_closed(self) -> None:
        """Wait until it is closed. If it is cancelled, the connection is dropped."""
        self.close()
        if self._closing and not self._closing.done():
            try:
                await self._closing
            except asyncio.CancelledError:
                self.ws.abort()  # the other task is cancelled with this one
                raise

    aclose = wait_closed  # as MicroPython has it

    def is_closing(self) -> bool:
        """Whether it is closed, or will be."""
        return bool(self._closing) or self.ws.closed

    def get_extra_info(self, name: str, default: 'Any' = None) -> 'Any':
        """As of asyncio; this knows none."""
        return default


def _end(partial: bytes, n: int) -> Exception:
    return EOFError() if timer.core else asyncio.IncompleteReadError(partial, n)
