"""Pings: the ones that find out whether a silent peer is still there, and ``ws.ping()``.

The timer sends them, and misses their answers: ``WebSocket.poll()``.
"""

import asyncio
import sys
import time

from .. import timer
from ..websocket import const
from .post import post

if False:  # for type checkers alone
    from ..websocket import WebSocket


_PING = const(9)

if sys.implementation.name == 'cpython':

    def ticks_us() -> int:
        return time.monotonic_ns() // 1000

    def ticks_diff(end: int, start: int) -> int:
        return end - start

else:
    from time import ticks_diff, ticks_us  # type: ignore[attr-defined, no-redef]


class Pings:
    """Of a connection, from its first ping on."""

    reads = True  # unless features/background.py has stopped to

    def __init__(self, ws: 'WebSocket') -> None:
        self._ws = ws
        self._received = 0  # bytes, at the last look
        self._ms = 0  # since a ping was sent
        self._silence = -1  # milliseconds in which nothing came after it; -1: something has
        self.count = 0  # pings of ping() without a payload
        self._waiting: list[Ping] = []  # one for each ping(), in the order in which they were sent

    def timeout(self) -> float:
        """Seconds: the shortest of the limits, or 60."""
        length: float = 60
        for limit in (self._ws.ping_interval, self._ws.ping_timeout):
            if 0 < limit < length:
                length = limit
        return length

    def poll(self, ms: int) -> bool:
        """A look, some milliseconds after the last; False: the connection was dropped."""
        ws = self._ws
        received = ws.protocol.count
        if received != self._received:
            self._received = received
            self._silence = -1
        elif self._silence >= 0 and ws.reader is None and (ws.background or self).reads:
            self._silence += ms
            if self._silence >= ws.ping_timeout * 1000 > 0:
                ws.abort('ping timed out')
                return False
        self._ms += ms
        if self._ms >= ws.ping_interval * 1000 > 0:
            self._ms = 0
            self._send()
        return True

    def _send(self) -> None:
        # Whatever waits to be sent will find a dead peer too: see WebSocket.send_timeout.
        if post(self._ws, b'', _PING) and self._silence < 0:
            self._silence = 0

    def recv(self, data: bytes) -> None:
        """It answers the ping with that payload and all before it (RFC 6455, section 5.5.3)."""
        for i, ping in enumerate(self._waiting):
            if ping.payload == data:
                for _ in range(i + 1):
                    self._waiting.pop(0).answered.set()
                return

    def end(self) -> None:
        """The connection has ended."""
        while self._waiting:
            self._waiting.pop().answered.set()

    async def ping(self, data: bytes) -> None:
        """Send a ping, and wait for its pong. asyncio.TimeoutError: there is none in time."""
        ping = Ping(data)
        self._waiting.append(ping)
        ms = int(self._ws.ping_timeout * 1000)
        try:
            await self._ws.send(data, _PING)
            if ms > 0:
                timer.set(ping, ms)
            await ping.answered.wait()
        finally:
            timer.clear(ping)
            if ping in self._waiting:
                self._waiting.remove(ping)
        if ping.late:
            raise asyncio.TimeoutError


class Ping:
    """One that waits for its pong: a watch of the timer."""

    expires = next = None
    late = False

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.answered = asyncio.Event()

    def poll(self, ms: int) -> int:
        self.late = True
        self.answered.set()
        return 0


def start(ws: 'WebSocket') -> 'Pings':
    """Send pings on this connection from now on; its ``Pings``."""
    if not ws.pings:
        ws.pings = Pings(ws)
        ws.watch()
    return ws.pings


async def ping(self: 'WebSocket', data: 'str | bytes | None' = None) -> float:
    """Send a ping; the round-trip time in milliseconds, a float, once its pong has come.

    :param data: bytes or str, at most 125 bytes; else a number that counts up, in four bytes.

    Some task must be in ``receive()``, where pongs are read (RFC 6455, section 5.5.3).
    asyncio.TimeoutError: no pong came within ``ping_timeout`` seconds; 0 waits for ever.
    WebSocketError: the connection has ended. ValueError: too long.
    """
    if self.closed:
        await asyncio.sleep(0)  # a handler that tries again and again must let others run
        raise self.exception()
    pings = start(self)
    if data is None:
        pings.count += 1
        data = pings.count.to_bytes(4, 'big')
    elif isinstance(data, str):
        data = data.encode()
    begin = ticks_us()
    await pings.ping(bytes(data))
    if self.closed:
        raise self.exception()
    return ticks_diff(ticks_us(), begin) / 1000
