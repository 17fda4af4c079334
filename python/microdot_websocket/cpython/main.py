"""What the package is on CPython besides: imported at its end."""

import asyncio
import sys

from microdot import Microdot, Request
from microdot.microdot import MUTED_SOCKET_ERRORS

from .. import codec, transport, upgrade  # noqa: F401
from ..core.twin import Protocol
from ..features import attach_all, test_client  # noqa: F401
from ..upgrade import Stream, handshake, shutdown
from ..websocket import WebSocket
from .install import install
from .properties import Computed, as_properties

if False:  # for type checkers alone
    from typing import Any


__all__ = ['install']

handle_request = Microdot.handle_request
upgrade_here = upgrade.upgrade


async def wrapper(self: Microdot, reader: 'Any', writer: 'Any') -> None:
    """In place of ``Microdot.handle_request``, which leaves the connection open if it is cancelled
    or raises. (On MicroPython asyncio calls what does so: ``done()`` in upgrade.py.)"""
    try:
        await handle_request(self, reader, writer)
    except BaseException as exc:
        if getattr(writer, 'websocket', None):
            shutdown(writer.websocket, exc)
        writer.close()
        if not isinstance(exc, asyncio.CancelledError):  # of which asyncio would print a traceback
            raise


async def readline(self: Stream, maxsize: int = 0) -> bytes:
    """``upgrade.Stream.readline``: asyncio's has a limit for a line."""
    upgrade.header = False
    line = await self.reader.readline()
    self.count -= max(len(line), 64)
    if self.count < 0:
        raise OSError(MUTED_SOCKET_ERRORS[0], '')  # a bad request to Microdot
    upgrade.header = not maxsize and len(line) > 2
    return line


async def upgrade_anywhere(request: Request, args: 'dict[str, Any] | None' = None) -> WebSocket:
    """In place of ``upgrade.upgrade``: the request may have come by another server."""
    if hasattr(request, 'asgi_scope'):
        from . import asgi

        return await asgi.upgrade(request, args)
    if hasattr(request, 'environ'):
        from . import wsgi

        wsgi.prepare(request)
    return await upgrade_here(request, args)


def adapt(cls: type) -> None:
    """A class is derived from ``Microdot``, as the module ``microdot.asgi`` does."""
    if cls.__module__ == 'microdot.asgi':
        from . import asgi

        asgi.adapt(cls)


upgrade.upgrade = upgrade_anywhere  # first: features/options.py keeps it
Microdot.__init_subclass__ = classmethod(adapt)  # type: ignore[assignment]
if 'microdot.asgi' in sys.modules:
    adapt(sys.modules['microdot.asgi'].Microdot)
Microdot.handle_request = wrapper  # type: ignore[method-assign]
Stream.readline = readline  # type: ignore[method-assign]
# With the extension one is shared by all that wait; asyncio's own reads 256 KiB at once.
WebSocket.read_buffer_size = 1 << (17 if codec.IMPL == 'native' else 14)
WebSocket.max_connections = 0
WebSocket.handshake = handshake
attach_all(WebSocket)
for name in 'id', 'buffered_bytes':
    setattr(WebSocket, name, Computed(name))
as_properties(Protocol, 'code', 'data', 'locked', 'start', 'sum', 'waiting')
