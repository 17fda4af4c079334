"""Connections under a WSGI server: gunicorn's sync workers hand over the socket, and all others are
no way for a WebSocket. Imported at the first upgrade there. See docs/asgi.md."""

import socket

from ..upgrade import match
from ..websocket import const

if False:  # for type checkers alone
    from typing import Any


_CONNECTING = const(0)
_NOT_HERE = 'WebSocket: not with this WSGI server; gunicorn with sync workers, or an ASGI server'


def prepare(request: 'Any') -> None:
    """Make what a WSGI server has handed over a request that can be upgraded. HTTPException 400 or
    426: it is no proper handshake; 501: there is no connection of its own for it."""
    environ = request.environ
    request.http_version = request.http_version.rpartition('/')[2]  # Microdot leaves HTTP/ in it
    match(request, False)
    writer = request.sock[1]
    # With threads all other requests would fail meanwhile: Microdot has one event loop for them.
    if writer is None or environ.get('wsgi.multithread'):
        print(_NOT_HERE, file=environ['wsgi.errors'], flush=True)
        request.app.abort(501, _NOT_HERE)
    aclose = writer.aclose

    async def decorated() -> None:
        # Behind this gunicorn writes an HTTP response, where there has been a WebSocket.
        if request.websocket.state != _CONNECTING:
            end(environ['gunicorn.socket'])
        await aclose()

    writer.aclose = decorated


def end(sock: socket.socket) -> None:
    """Close a connection for whoever has its socket."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the client has done so
