"""What the package is on CPython besides: imported at its end."""

import asyncio

from microdot import Microdot

from .. import codec, transport  # noqa: F401
from ..core.twin import Protocol
from ..features import attach_all, test_client  # noqa: F401
from ..upgrade import handshake, shutdown
from ..websocket import WebSocket
from .install import install
from .properties import as_properties

__all__ = ['install']

handle_request = Microdot.handle_request


async def wrapper(self, reader, writer):
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


Microdot.handle_request = wrapper
WebSocket.read_buffer_size = 1 << 14
WebSocket.max_connections = 0
WebSocket.handshake = handshake
attach_all(WebSocket)
as_properties(Protocol, 'code', 'data', 'locked', 'start', 'sum', 'waiting')
