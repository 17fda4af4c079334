"""What the package is on CPython besides: imported at its end."""

import asyncio

from microdot import Microdot
from microdot.microdot import MUTED_SOCKET_ERRORS

from .. import codec, transport  # noqa: F401
from ..core.twin import Protocol
from ..features import attach_all, test_client  # noqa: F401
from ..upgrade import Stream, handshake, shutdown
from ..websocket import WebSocket
from .install import install
from .properties import as_properties

if False:  # for type checkers alone
    from typing import Any


__all__ = ['install']

handle_request = Microdot.handle_request


async def wrapper(self: Microdot, reader: 'Any', writer: 'Any') -> None:
    """In place of ``Microdot.handle_request``, which leaves the connection open if it is cancelled
    or raises. (On MicroPython asyncio calls what does so: ``done()`` in upgrade.py.)"""
    try:
        await handle_request(self, reader, writer)
    except BaseException as exc:
        if getattr(writer, 'websocket', None):
            shutdown(writer.websocket)
        writer.close()
        if not isinstance(exc, asyncio.CancelledError):  # of which asyncio would print a traceback
            raise


async def readline(self: Stream, maxsize: int = 0) -> bytes:
    """``upgrade.Stream.readline``: asyncio's has a limit for a line."""
    line = await self.reader.readline()
    self.count -= max(len(line), 64)
    if self.count < 0:
        raise OSError(MUTED_SOCKET_ERRORS[0], '')  # a bad request to Microdot
    return line


Microdot.handle_request = wrapper  # type: ignore[method-assign]
Stream.readline = readline  # type: ignore[method-assign]
WebSocket.read_buffer_size = 1 << 14
WebSocket.max_connections = 0
WebSocket.handshake = handshake
attach_all(WebSocket)
as_properties(Protocol, 'code', 'data', 'locked', 'start', 'sum', 'waiting')
