"""``connect(url, sock=...)``: over what the application has opened, as through Ethernet, PPP or a
proxy."""

import asyncio

from .. import timer
from . import load

if False:  # for type checkers alone
    from typing import Any


if not timer.core:
    from ..cpython.client import opened


async def open_connection(self: 'Any', ws: 'Any') -> 'Any':
    """asyncio's ``(reader, writer)`` for the connection of a ``connect`` with ``sock``."""
    sock = self.options['sock']
    if callable(sock):
        sock = await sock()
    if not timer.core:
        if not isinstance(sock, tuple):
            ws.socket = sock
            name = self.parts[1] if self.context else None
            sock = await asyncio.open_connection(sock=sock, ssl=self.context, server_hostname=name)
        return opened(ws, *sock)
    if isinstance(sock, tuple):
        ws.socket = getattr(sock[1], 's', sock[1])
        return sock
    ws.socket = sock
    sock.setblocking(False)
    if self.context:
        sock = load('tls').wrap(self, ws, sock)
    stream = asyncio.StreamReader(sock)  # MicroPython's
    return stream, stream
