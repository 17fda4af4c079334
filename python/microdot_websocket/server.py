"""An application's server, and how it ends: ``run()``, ``serve()`` and ``shutdown()``."""

import asyncio
import sys

from . import upgrade
from .websocket import connections

if False:  # for type checkers alone
    from typing import Any

    from microdot import Microdot

    from .websocket import WebSocket


_GOING_AWAY = 1001
_HANDLERS = 0.2  # seconds for the handlers to end, and to answer the request that shuts down


async def shutdown(app: 'Microdot', code: int = _GOING_AWAY, reason: str = '') -> None:
    """Close all WebSocket connections of an application, and end its server::

        from microdot_websocket.server import shutdown


        @app.post('/shutdown')
        async def stop(request):
            asyncio.create_task(shutdown(request.app))
            return 'The server is shutting down...'

    :param code, reason: as of ``WebSocket.close()``.

    Takes ``WebSocket.close_timeout`` seconds and a fifth at most. Handlers get a WebSocketError, as
    at any end. Without memory for it all get code 1001, and none is waited for.
    """
    try:
        if app.server:
            app.shutdown()  # first: no new connections
        closing = [
            asyncio.create_task(_close(ws, code, reason))
            for ws in connections
            if ws.request.app is app
        ]
        for task in closing:
            await task
        await asyncio.sleep(_HANDLERS)
    except MemoryError:
        _drop(app)


def _drop(app: 'Microdot') -> None:
    """End all connections of an application at once. It needs no memory."""
    for i in range(len(connections) - 1, -1, -1):  # each leaves the list
        if connections[i].request.app is app:
            upgrade.shutdown(connections[i])


async def _close(ws: 'WebSocket', code: int, reason: str) -> None:
    """Close a connection, whatever the state it is in; if there is no memory for it, drop it."""
    try:
        await ws.close(code, reason)
    except MemoryError:
        ws.abort()


async def serve(app: 'Microdot', *args: 'Any', **kwargs: 'Any') -> None:
    """``app.start_server()`` that ends well: when its task is cancelled, as Ctrl-C does on CPython,
    or ``app.shutdown()`` called, all connections are closed with code 1001."""
    try:
        await app.start_server(*args, **kwargs)
    finally:
        try:
            await shutdown(app)
        except MemoryError:  # it did not even begin
            _drop(app)


def run(app: 'Microdot', *args: 'Any', **kwargs: 'Any') -> None:
    """``app.run()`` that ends well, also when Ctrl-C is pressed: see ``serve()``. The arguments are
    those of ``app.run()``::

        from microdot_websocket.server import run

        run(app, port=80)
    """
    try:
        asyncio.run(serve(app, *args, **kwargs))
    except KeyboardInterrupt:
        if sys.implementation.name == 'micropython':
            try:
                asyncio.run(shutdown(app))  # the other tasks of the event loop run in here, too
                asyncio.new_event_loop()
            except MemoryError:
                _drop(app)


if sys.implementation.name == 'cpython':
    from .cpython.server import serve  # noqa: F401, F811
