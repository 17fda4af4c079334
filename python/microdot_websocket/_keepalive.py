"""Pings: the ones that find out whether a silent peer is still there, and ``ws.ping()``.

They are sent, and their answers missed, by the task of ``_deadlines.py``.
"""

import asyncio
import time

from .protocol import PING

if hasattr(time, 'ticks_us'):
    from time import ticks_diff, ticks_us
else:  # CPython

    def ticks_us():
        return time.monotonic_ns() // 1000

    def ticks_diff(end, start):
        return end - start


class Pings:
    """Of a connection, from its first ping on."""

    def __init__(self, ws):
        self._ws = ws
        self._received = 0  # bytes, at the last look
        self._time = 0  # seconds since a ping was sent
        self._silence = None  # seconds of waiting for anything to come after it, until it has
        self.count = 0  # pings of ping() without a payload
        self._waiting = []  # (payload, Event) of each ping(), in the order in which they were sent

    def look(self, seconds, received):
        """A look, some seconds after the last: whether there must be another one."""
        ws = self._ws
        if received != self._received:
            self._received = received
            self._silence = None
        elif self._silence is not None and ws._reading:
            self._silence += seconds
            if self._silence >= ws.ping_timeout > 0:
                ws._lost('ping timed out')
                return False
        self._time += seconds
        if self._time >= ws.ping_interval > 0:
            self._time = 0
            self._send()
        return True

    def _send(self):
        # Whatever waits to be sent will find a dead peer too: see WebSocket.send_timeout.
        ws = self._ws
        if ws.closed or ws._flushing:
            return
        if self._silence is None:
            self._silence = 0
        asyncio.create_task(_send_quietly(ws))

    def pong(self, data):
        """It answers the ping with that payload and all before it (RFC 6455, section 5.5.3)."""
        for i, (payload, _) in enumerate(self._waiting):
            if payload == data:
                for _ in range(i + 1):
                    self._waiting.pop(0)[1].set()
                return

    def end(self):
        """The connection has ended."""
        while self._waiting:
            self._waiting.pop()[1].set()

    async def ping(self, data):
        """Send a ping, and wait for its pong."""
        waiting = data, asyncio.Event()
        self._waiting.append(waiting)
        try:
            await self._ws.send(data, PING)
            await asyncio.wait_for(waiting[1].wait(), self._ws.ping_timeout or None)
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)


async def _send_quietly(ws):
    try:
        await ws.send(b'', PING)
    except Exception:
        pass  # it has ended: receive() tells


def start(ws):
    """Send pings on this connection from now on; its ``Pings``."""
    if not ws._watch:
        ws._begin_watch()
    if not ws._watch:  # Microdot's TestClient has no clock to fail by
        return Pings(ws)
    if not ws._watch.pings:
        ws._watch.pings = Pings(ws)
    return ws._watch.pings


async def ping(self, data=None):
    """Send a ping; the round-trip time in milliseconds, a float, once its pong has come.

    :param data: bytes or str, at most 125 bytes; else a number that counts up, in four bytes.

    Some task must be in ``receive()``, where pongs are read (RFC 6455, section 5.5.3).
    asyncio.TimeoutError: no pong came within ``ping_timeout`` seconds; 0 waits for ever.
    WebSocketError: the connection has ended. ValueError: too long.
    """
    if self.closed:
        raise self._end_error()
    pings = start(self)
    if data is None:
        pings.count += 1
        data = pings.count.to_bytes(4, 'big')
    elif isinstance(data, str):
        data = data.encode()
    begin = ticks_us()
    await pings.ping(bytes(data))
    if self.closed:
        raise self._end_error()
    return ticks_diff(ticks_us(), begin) / 1000
