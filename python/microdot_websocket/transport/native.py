"""A connection of CPython's asyncio for the ``Protocol`` in C: what natmod/cpython_transport.c does
not do, since it is called seldom.
"""

import asyncio
import sys

from _wscodec import Transport as _Native

from . import Transport
from .cpython import take_over

if False:  # for type checkers alone
    from typing import Any

    from .._types import Bytes


class NativeTransport(_Native, asyncio.BufferedProtocol, Transport):
    """
    :param reader, writer: asyncio's streams, of which it takes what has arrived.

    From now on the transport's bytes come here, and go straight to where ``Protocol`` wants them:
    a connection that waits has no buffer. The streams' own protocol (the "former" one) is told of
    all else, so that the writer's ``drain()``, ``close()`` and ``wait_closed()`` still work."""

    _writing: 'asyncio.Future | None'

    def __init__(self, reader: 'Any', writer: 'Any') -> None:
        self._transport = transport = writer.transport
        self._loop = asyncio.get_running_loop()
        self._writing = None  # the Future that a task waits for
        self._former = transport.get_protocol()
        self.open(transport, self._loop, _socket_of(transport))
        data, ended, error = take_over(reader, transport)
        self.feed(data)
        if ended or error:
            self.end(error)
        transport.set_protocol(self)
        self._hooked = hasattr(transport, '_read_ready_cb')
        if self._hooked:
            # asyncio/selector_events.py calls it when the socket is readable, since Python 3.7. Its
            # own goes by way of get_buffer(): 3,000 instructions more, of 31,000 a small message.
            transport._read_ready_cb = self.read_ready
        # So each frame is waited for until the system has all of it: nothing piles up in memory.
        transport.set_write_buffer_limits(high=0)

    # What asyncio calls; get_buffer() and buffer_updated() are in C

    def eof_received(self) -> 'bool | None':
        self.end(None)
        return self._former.eof_received()

    def connection_lost(self, exc: 'Exception | None') -> None:
        self.lose()
        self.end(exc)
        self._wake()
        if self._hooked:
            self._transport._read_ready_cb = None  # no cycle for the garbage collector
        self._former.connection_lost(exc)

    def pause_writing(self) -> None:
        self._former.pause_writing()

    def resume_writing(self) -> None:
        self._wake()
        self._former.resume_writing()

    def _wake(self) -> None:
        """The task that waits to write runs next."""
        if self._writing and not self._writing.done():
            self._writing.set_result(None)

    # What Protocol calls; reading and its waiting are in C

    def write(self, buf: 'Bytes') -> int:
        self._transport.write(buf)
        return len(buf)

    @property
    def unsent(self) -> int:  # type: ignore[override]
        return self._transport.get_write_buffer_size()

    def wait(self, direction: int) -> 'Any':
        """To write: see ``Transport``."""
        if self._writing and not self._writing.done():
            return None
        self._writing = self._loop.create_future()
        if self.unsent == 0 or self._transport.is_closing():
            self._writing.set_result(None)
        return self._writing

    def abort(self) -> None:
        if self.unsent:
            self._transport.abort()
        else:
            self._transport.close()
        self.end(None)
        self._wake()


def _socket_of(transport: 'Any') -> int:
    """The file descriptor to send to without asyncio, as its transport would do at once; -1: there
    may be something in between, as TLS."""
    if type(transport).__module__ not in ('asyncio.selector_events', 'uvloop.loop'):
        return -1
    sock = transport.get_extra_info('socket')
    if sock is None or sys.platform == 'win32' or transport.get_extra_info('sslcontext'):
        return -1
    return sock.fileno()
