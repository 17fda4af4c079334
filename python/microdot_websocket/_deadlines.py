"""Deadlines of connections that are in the middle of something: imported when one first is.

A frame that has begun to arrive, and data that waits to be sent, must get on within
``frame_timeout`` and ``send_timeout``. One task of the event loop looks at those connections, and
at no others, a few times per deadline: so nothing has to be done for each message.
"""

import asyncio

from .codec import parse_header

try:
    from micropython import const
except ImportError:  # CPython
    const = int

_PIECE = const(1024)  # bytes of a longer frame that count as getting on
_LOOKS = const(4)  # per deadline

_watches = []
_loop = None  # that their task runs in


class Watch:
    """Of a connection, for as long as it is in the middle of something."""

    def __init__(self, ws):
        self.ws = ws
        self.received = 0  # bytes, counted by WebSocket.receive()
        self._goal = 0  # that many are enough; 0 while no frame has begun
        self._read_time = 0  # seconds spent waiting for them
        self._turn = 0  # the stream's waiting at the last look
        self._send_time = 0  # seconds for which it has not changed
        self.pings = None  # see _keepalive.py

    def look(self, seconds):
        """A look, some seconds after the last: whether there must be another one."""
        ws = self.ws
        if not ws or ws._ended:
            return False
        missing = bytes_missing(ws._protocol) if ws._reading else 0
        if not missing:
            self._goal = 0
        elif not self._goal or self.received >= self._goal:
            self._goal = self.received + min(missing, _PIECE)
            self._read_time = 0
        else:
            self._read_time += seconds
            if self._read_time >= ws.frame_timeout > 0:
                ws._timed_out = True
                ws._stream.end_reading()
                return bool(self.pings)  # which end with the connection
        turn = ws._stream.waiting
        if turn != self._turn:
            self._turn = turn
            self._send_time = 0
        elif turn:
            self._send_time += seconds
            if self._send_time >= ws.send_timeout > 0:
                ws._lost('send timed out')
                return False
        if self.pings:
            return self.pings.look(seconds, self.received)
        return bool(missing or turn)

    def timeouts(self):
        """In seconds; those that are not positive do not count."""
        ws = self.ws
        if self.pings:
            return ws.frame_timeout, ws.send_timeout, ws.ping_interval, ws.ping_timeout
        return ws.frame_timeout, ws.send_timeout

    def pong(self, data):
        """A Pong has come."""
        if self.pings:
            self.pings.pong(data)

    def end(self):
        """The connection has ended."""
        self.ws._watch = None
        self.ws = None  # or this would keep it in memory until the next look
        if self.pings:
            self.pings.end()
            self.pings = None


def bytes_missing(protocol):
    """After ``next_event()`` returned -1: how many bytes, at least, are to come until the end of
    the frame that has begun to arrive; 0 if none has."""
    have = protocol._end - protocol._start
    if protocol._left or not have:
        return protocol._left
    hdr = protocol._hdr
    size = parse_header(protocol._buf, protocol._start, protocol._end, hdr)
    return size + hdr[2] - have if size else 1


def watch(ws):
    """Begin to watch a connection; its ``Watch``."""
    global _loop
    this = Watch(ws)
    loop = _running_loop()
    if loop is not _loop:
        _watches.clear()  # they were of one that has ended
    _watches.append(this)
    if len(_watches) == 1:
        _loop = loop
        asyncio.create_task(_run(loop))
    return this


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except AttributeError:  # MicroPython has one loop, but new_event_loop() forgets its tasks
        return asyncio.core._task_queue


async def _run(loop):
    while _watches and loop is _loop:
        seconds = _interval()
        await asyncio.sleep(seconds)
        _look(seconds)


def _look(seconds):
    # Without a copy of the list: it might outlive its use, and the connections with it, on a heap
    # whose collector takes whatever looks like an address for one.
    i = 0
    while i < len(_watches):
        if _watches[i].look(seconds):
            i += 1
        else:
            this = _watches.pop(i)
            if this.ws:
                this.end()


def _interval():
    """Seconds until the next look."""
    shortest = 60
    for this in _watches:
        if this.ws:
            for timeout in this.timeouts():
                if timeout > 0:
                    shortest = min(shortest, timeout)
    return shortest / _LOOKS
