"""What reads for a handler that does not: pings and the peer's Close are answered, its end is
noticed, and messages are kept for ``receive()``. The timer starts it: see ``WebSocket.watch()``.
"""

import asyncio

from microdot import Request

from ..websocket import WebSocketError, const
from . import size

if False:  # for type checkers alone
    from typing import Any

    from .._types import Buffer
    from ..websocket import WebSocket


_TEXT = const(1)
_BINARY = const(2)
_OPEN = const(1)  # a state, of websocket.py
_TOO_BIG = const(1009)
_OVERHEAD = const(32)  # bytes that a message takes besides its own


class Background:
    """``ws.background``, until the handler has all that was kept. Meanwhile ``ws.reader`` is None,
    so that ``ws.receive()`` comes here.

    As many bytes are kept as one message may have. A message that would be more, one that is
    compressed and one in fragments are left where they are, with all behind them.
    """

    def __init__(self, ws: 'WebSocket') -> None:
        self._ws = ws
        self._messages: list[str | bytes] = []  # str or bytes, the oldest first
        limit = ws.max_message_length
        # At least 1: pings are answered where no message may come, too.
        self._room = limit if limit > 0 else Request.max_body_length or 1
        self._receiving = False  # the handler is in receive()
        #: Whether a task reads.
        self.reads = True
        #: TEXT or BINARY: of the message that receive() gave last.
        self.opcode: int | None = None
        #: The rest of a message that goes into a buffer, for the code that has asked for it.
        self.rest: _Rest | None = None
        asyncio.create_task(self._read())
        ws.background = self
        ws.reader = None

    async def _read(self) -> None:
        ws = self._ws
        try:
            while ws.state == _OPEN and self._room > 0:
                ws.reader = ws.protocol
                try:
                    message = await ws.receive(None, self._room, False)
                finally:
                    ws.reader = None
                if message is False:
                    break
                self._messages.append(message)
                self._room -= size(message) + _OVERHEAD
        except asyncio.TimeoutError:
            pass  # see _stop()
        except WebSocketError:
            pass  # the end
        except MemoryError:
            ws.abort('out of memory')
        finally:
            self.reads = False

    async def receive(self, maxsize: 'int | None', buffer: 'Any') -> 'Any':
        """``ws.receive(None, maxsize, buffer)``: from what is kept, or what comes next."""
        ws = self._ws
        if self._receiving:
            raise RuntimeError('another task is receiving')
        if not self._messages:
            await self._stop()
        if self._messages:
            message = self._messages.pop(0)
            self._room += size(message) + _OVERHEAD
            if buffer is not None:
                return await self._put(message, maxsize, buffer)
            if maxsize and maxsize > 0:
                await self._check(message, maxsize)
            return message
        ws.background = None
        if ws.state == _OPEN:
            ws.reader = ws.protocol
            ws.watch(1)
        return await ws.receive(None, maxsize, buffer)

    async def _stop(self) -> None:
        """Let the task that reads end, with nothing lost."""
        ws = self._ws
        self._receiving = True
        try:
            while self.reads:
                ws.timeout = True
                ws.protocol.schedule()
                await asyncio.sleep(0)
        finally:
            ws.timeout = self._receiving = False

    async def _check(self, message: 'str | bytes', maxsize: int) -> None:
        """End the connection if the message is longer than this call of ``receive()`` allows."""
        if size(message) > maxsize > 0:
            await self._ws.throw(_TOO_BIG, 'message too big')

    async def _put(self, message: 'str | bytes', maxsize: int, buffer: 'Any') -> int:
        """Put it into a buffer: the bytes of it that are there."""
        self.opcode = _BINARY
        if isinstance(message, str):
            self.opcode = _TEXT
            message = message.encode()
        await self._check(message, maxsize)
        rest = _Rest(message, buffer)
        n = await rest.receive(self._ws)
        self.rest = None if rest.ended else rest
        return n


class _Rest:
    """A message that goes into a buffer piece by piece."""

    def __init__(self, message: bytes, buffer: 'Buffer') -> None:
        self._message = memoryview(message)
        self._buffer = memoryview(buffer)
        self.ended = False

    async def receive(self, ws: 'WebSocket') -> int:
        """Fill the buffer, or less at the message's end; the bytes."""
        n = min(len(self._message), len(self._buffer))
        self._buffer[:n] = self._message[:n]
        self._message = self._message[n:]
        self.ended = not len(self._message)
        return n


def listen(self: 'WebSocket') -> None:
    """From now on read in the background."""
    Background(self)
