"""Connections under an ASGI server, as uvicorn, which has the handshake and the frames: imported
when Microdot's ``asgi`` module is. See docs/asgi.md."""

import asyncio
import sys

from microdot import Request, Response, microdot

from .. import upgrade as opening
from .. import websocket
from ..features.attributes import give
from ..features.options import check_origins, is_allowed
from ..upgrade import aclose, shutdown
from ..websocket import connections, const
from .asgi_protocol import Protocol

if False:  # for type checkers alone
    from collections.abc import Awaitable, Callable, Iterable
    from typing import Any


_NORMAL = const(1000)
_ABNORMAL = const(1006)
_INTERNAL_ERROR = const(1011)
_CONNECTING = const(0)
_OPEN = const(1)
_CLOSED = const(3)


class WebSocket(websocket.WebSocket):
    """A connection that an ASGI server has accepted, or will."""

    async def handshake(self, options: 'dict[str, Any] | None' = None) -> None:
        """Have the server accept the connection. HTTPException 400, 403 or 503: the request is none
        for a WebSocket, its origin is none of ``origins``, or there are too many connections."""
        request: Any = self.request
        scope = request.asgi_scope
        options = options or {}
        if getattr(request, 'websocket', self).state != _CONNECTING:
            raise RuntimeError('this request was upgraded already')
        request.websocket = self
        give(self, options)
        origins = options.get('origins')
        check_origins(origins)
        # Microdot has read a body, and the event of the connection with it.
        if scope['type'] != 'websocket' or request.content_length:
            request.app.abort(400, 'WebSocket handshake: bad upgrade')
        if 0 < self.max_connections <= len(connections):
            if not self.evict_idle:
                request.app.abort(503, 'too many connections')
            self.replace()
        if origins is not None and not is_allowed(request.headers.get('Origin'), origins):
            request.app.abort(403, 'WebSocket handshake: this Origin is not allowed')
        asked = scope.get('subprotocols') or ()
        event = {'type': 'websocket.accept'}
        for subprotocol in options.get('subprotocols') or ():
            if subprotocol in asked:
                event['subprotocol'] = self.subprotocol = subprotocol
                break
        await self._accept(request.sock, event)

    async def _accept(self, sock: 'Any', event: 'dict[str, Any]') -> None:
        receive, send = sock
        try:
            if (await receive())['type'] == 'websocket.connect':
                self.protocol: Any = Protocol(receive, send, Request.max_body_length)
                connections.append(self)
                await send(event)
                self.protocol.begin()
                self.update(_OPEN)
                return
        except Exception:
            pass
        finally:
            if self.state == _CONNECTING:  # cancelled, too
                self.abort()
        raise self.abort()

    def abort(self, reason: str = 'connection lost') -> websocket.WebSocketError:
        """Of a connection that the peer has ended, that is the reason, whatever fails for it."""
        protocol: Any = self.protocol
        if protocol and protocol.ended and protocol.ended[0] != _ABNORMAL:
            self.update(_CLOSED, *protocol.ended)
        return super().abort(reason)

    async def wait_closed(self, wait: bool = True) -> None:
        """The server waits for the peer's Close. It gets ours now, even if nobody waits."""
        await asyncio.sleep(0)
        await super().wait_closed(False)

    async def ping(self, data: 'str | bytes | None' = None) -> float:
        """NotImplementedError: see docs/asgi.md."""
        raise NotImplementedError('under ASGI it is the server that sends pings')


async def upgrade(request: Request, args: 'dict[str, Any] | None' = None) -> WebSocket:
    """``upgrade.upgrade`` of a request that an ASGI server has handed over."""
    ws = WebSocket(request)
    await ws.handshake(args)
    return ws


class _Send:
    """ASGI's ``send``, which remembers whether it was called."""

    called = False

    def __init__(self, send: 'Callable[[dict[str, Any]], Awaitable[None]]') -> None:
        self._send = send

    def __call__(self, event: 'dict[str, Any]') -> 'Awaitable[None]':
        self.called = True
        return self._send(event)


def adapt(cls: 'Any') -> None:
    """Let the application class of Microdot's ``asgi`` module end each connection: it leaves those
    open that no handler has accepted, of which a server knows nothing better to say than 500."""
    dispatch_request = cls.dispatch_request

    async def dispatch(self: 'Any', request: 'Any') -> Response:
        if getattr(request, 'asgi_scope', {}).get('type') != 'websocket':
            return await dispatch_request(self, request)
        module: Any = sys.modules[cls.__module__]
        if module.BaseWebSocket is websocket.WebSocket:  # behind install()
            module.WebSocket = WebSocket  # for its websocket_upgrade()
        send = _Send(request.sock[1])
        request.sock = request.sock[0], send
        request.headers = joined(request.asgi_scope.get('headers', ()))
        try:
            response = await dispatch_request(self, request)
        except BaseException as exc:
            ws = getattr(request, 'websocket', None)
            if ws:
                shutdown(ws, exc)
                await asyncio.sleep(0)  # as in wait_closed()
            raise
        if not send.called:
            await refuse(request.asgi_scope, send, response)
        elif getattr(request, 'websocket', None):
            code = _NORMAL if response.status_code < 400 else _INTERNAL_ERROR
            await aclose(request.websocket, code)
        return Response()  # which is edited, and there is but one already_handled

    cls.dispatch_request = dispatch


def joined(lines: 'Iterable[tuple[bytes, bytes]]') -> 'Any':
    """The headers of a handshake, as Microdot has them, but repeated lines are one list."""
    headers = microdot.NoCaseDict()
    for name, value in lines:
        opening.header = True
        headers[name.decode().title()] = value.decode()
    return headers


async def refuse(scope: 'dict[str, Any]', send: _Send, response: Response) -> None:
    """Answer a request for a connection that was not upgraded: with the error that is the response,
    where the server can send it, or 403."""
    try:
        if response.status_code < 400 or 'websocket.http.response' not in (
            scope.get('extensions') or ()
        ):
            await send({'type': 'websocket.close'})
            return
        response.complete()
        headers = []
        for name, values in response.headers.items():
            for value in values if isinstance(values, list) else [values]:
                headers.append((name.lower().encode(), value.encode()))
        start = {'status': response.status_code, 'headers': headers}
        await send({'type': 'websocket.http.response.start', **start})
        body = response.body if isinstance(response.body, bytes) else b''
        await send({'type': 'websocket.http.response.body', 'body': body})
    except OSError:
        pass  # the client has gone
