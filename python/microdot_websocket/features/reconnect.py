"""``async with connect()``, and ``async for ws in connect()``: a client that comes back."""

import asyncio
import os
import sys
import time

from ..websocket import WebSocketError
from . import load
from .iteration import __aexit__ as leave

if False:  # for type checkers alone
    from collections.abc import AsyncIterator, Coroutine
    from types import TracebackType
    from typing import Any

    from ..websocket import WebSocket


# Seconds, unless there are such options
_MIN_DELAY = 1
_MAX_DELAY = 60
_PING_INTERVAL = 20
# Statuses of a refusal that others may follow: no response at all, 408 (Request Timeout) and 429
# (Too Many Requests); and from 500 on, which tell of the server.
_PASSING = 0, 408, 429


if sys.implementation.name == 'cpython':

    def ticks_ms() -> int:
        return time.monotonic_ns() // 1000000

    def ticks_diff(end: int, start: int) -> int:
        return end - start

else:
    from time import ticks_diff, ticks_ms  # type: ignore[attr-defined, no-redef]


class _Connections:
    """What ``async for`` goes through."""

    def __init__(self, client: 'Any') -> None:
        self._client = client
        self._ws: WebSocket | None = None
        self._delay: float = 0  # seconds: the last one, without the chance in it
        self._since = 0  # when the connection was made, in milliseconds

    def __aiter__(self) -> '_Connections':
        return self

    async def __anext__(self) -> 'WebSocket':
        exc = None
        if self._ws:
            exc = await self._end(self._ws)
        while True:
            if exc:
                await self._sleep(exc)
            try:
                ws = await self._client.open()
            except Exception as error:
                if not is_passing(error):
                    raise
                exc = error
            else:
                self._ws = ws
                self._since = ticks_ms()
                return ws

    async def _end(self, ws: 'WebSocket') -> Exception:
        """Close the connection, if the loop's body has not; how it has ended."""
        self._ws = None
        try:
            await ws.close()
        except MemoryError:  # for the coroutine: nothing is closed
            ws.abort()
        # A server that accepts connections to end them is no better than one that does not. (The
        # ticks of days begin anew: then this is less than 0.)
        if not 0 <= ticks_diff(ticks_ms(), self._since) < self._delay * 1000:
            self._delay = 0
        return ws.exception()

    async def _sleep(self, exc: Exception) -> None:
        """Wait: twice as long as the last time, and by chance up to a half less, or all clients of
        a server that has been restarted would come back at once."""
        options = self._client.options
        most = options.get('max_delay', _MAX_DELAY)
        self._delay = min(2 * self._delay or options.get('min_delay', _MIN_DELAY), most)
        if self._delay >= most:
            self._client.address = None  # it may be another one by now
        delay = self._delay * (256 + os.urandom(1)[0]) / 512
        on_retry = options.get('on_retry')
        if on_retry:
            on_retry(exc, delay)
        await asyncio.sleep(delay)


def is_passing(exc: Exception) -> bool:
    """Whether the next try may succeed where this one has not."""
    if isinstance(exc, WebSocketError):
        return exc.status_code in _PASSING or exc.status_code >= 500
    return isinstance(exc, OSError) or isinstance(exc, MemoryError)


def __aiter__(self: 'Any') -> 'AsyncIterator[WebSocket]':
    """``async for ws in connect(url)``: each turn is a new connection, once the last has ended.

    :param min_delay: seconds to wait before the second connection, 1 by default. It doubles with
                      each one that fails, or ends sooner than it was waited for, and each wait is
                      by chance up to a half shorter.
    :param max_delay: seconds, the longest wait: 60 by default.
    :param on_retry: a function that is called before each wait with its reason, an exception, and
                     its length in seconds. What it raises ends the loop.

    The loop goes on after OSError, MemoryError, a connection that has ended, and a refusal that
    may pass: status 408, 429, or 500 and more. Another one, as 401 or 404, is raised. The body of
    the loop sees how its connection ends: as a WebSocketError, to be caught there. The next turn
    closes the connection of the last; behind a ``break`` it is yours to close, as ``async with ws``
    does in any case.

    ``ping_interval`` is 20 here unless it is given, since a server that has vanished says nothing;
    a task must be in ``receive()`` for it. MicroPython looks the name up once, and again when the
    wait has become as long as ``max_delay``. ValueError: ``sock`` is no function.
    """
    sock = self.options.get('sock')
    if sock and not callable(sock):
        raise ValueError('sock= must be a function here: each connection needs a new one')
    self.options.setdefault('ping_interval', _PING_INTERVAL)
    if self.options['ping_interval']:
        load('ping')  # now: see decorated() in options.py
    return _Connections(self)


async def __aenter__(self: 'Any') -> 'WebSocket':
    """``async with connect(url) as ws``: closes the connection at the end, with code 1011 after an
    exception."""
    if not hasattr(self, 'entered'):
        self.entered = []  # several tasks may be in such a block, and each in more than one
    ws: WebSocket = await self.open()
    try:
        self.entered.append((asyncio.current_task(), ws))
    except MemoryError:
        ws.abort()
        raise
    return ws


def __aexit__(
    self: 'Any',
    exc_type: 'type[BaseException] | None',
    exc: 'BaseException | None',
    traceback: 'TracebackType | None',
) -> 'Coroutine[Any, Any, None]':
    return leave(_left(self.entered), exc_type, exc, traceback)


def _left(entered: 'list[Any]') -> 'WebSocket':
    """The connection of the block that is left: the last of this task."""
    last = len(entered) - 1
    for i in range(last, -1, -1):
        if entered[i][0] is asyncio.current_task():
            last = i
            break
    return entered.pop(last)[1]
