"""From a request to a WebSocket and back: ``websocket_upgrade`` and ``with_websocket``."""

import asyncio

from microdot import Request, Response
from microdot.microdot import MUTED_SOCKET_ERRORS, print_exception

from .protocol import Protocol, const
from .websocket import WebSocket, WebSocketError

try:
    from functools import wraps
except ImportError:  # MicroPython, whose functions have no attributes to copy
    wraps = None

# Of protocol.py, whose values these are
_GOING_AWAY = const(1001)
_INTERNAL_ERROR = const(1011)

_create = Request.create


async def _create_in_time(*args, **kwargs):
    """In place of Microdot's ``Request.create``, which waits for ever for a request's end."""
    request = _create(*args, **kwargs)
    timeout = WebSocket.handshake_timeout
    if timeout <= 0:
        return await request
    try:
        # A body of up to max_body_length bytes is read too.
        return await asyncio.wait_for(request, timeout + Request.max_body_length / 1024)
    except asyncio.TimeoutError:
        raise OSError(MUTED_SOCKET_ERRORS[0], 'timed out')  # a bad request to Microdot


Request.create = staticmethod(_create_in_time)


async def _after_error(request, response):
    """Registered with the application: runs when a handler raised, or the handshake was refused."""
    ws = getattr(request, '_websocket', None)
    if ws is None:
        return response
    if ws._stream is None and not ws.closed:  # refused
        if response.status_code == 426:
            response.headers['Sec-WebSocket-Version'] = '13'  # RFC 6455, section 4.4
        return response
    await ws.close(_INTERNAL_ERROR)
    return Response.already_handled  # no HTTP behind the Close


async def websocket_upgrade(request, **options):
    """Upgrade a request to a WebSocket connection, inside a route function.

    For example after the user's credentials are verified. Returns the ``WebSocket``::

        @app.route('/echo')
        async def echo(request):
            if not authenticate_user(request):
                abort(401)
            ws = await websocket_upgrade(request)
            while True:
                message = await ws.receive()
                await ws.send(message)

    A request that is no proper handshake (RFC 6455, section 4.2.1) is answered 400, 426 for
    another version than 13, or 403 for another origin than ``origins``, and the function does not
    go on. When it returns, the connection is closed with code 1000; when it raises, with 1011.
    ``options``: as of ``with_websocket``.
    """
    app = request.app
    if _after_error not in app.after_error_request_handlers:
        app.after_error_request(_after_error)
    ws = request._websocket = WebSocket(request)
    if options:
        from ._options import handshake

        await handshake(ws, options)
    else:
        await ws.handshake()

    @request.after_request
    async def finish(request, response):
        await ws.close()
        return Response.already_handled

    return ws


def websocket_wrapper(f, upgrade_function):
    """The route function for the handler ``f``, with an upgrade other than ``websocket_upgrade``.

    :param upgrade_function: ``async``; takes the request and returns the ``WebSocket``. Microdot's
                             ``asgi`` module has its own.
    """

    async def wrapper(request, *args, **kwargs):
        ws = await upgrade_function(request)
        try:
            await f(request, ws, *args, **kwargs)
        except WebSocketError:
            pass
        except Exception as exc:
            if not isinstance(exc, OSError) or exc.errno not in MUTED_SOCKET_ERRORS:
                print_exception(exc)
                ws._exit_code = _INTERNAL_ERROR
        except BaseException:
            # Cancelled, as when the server stops: there is no time to wait for an answer.
            ws._exit_code = _GOING_AWAY
            ws.close_timeout = 0
            raise
        finally:
            try:
                await ws.close()
            except Exception:
                pass
        return Response.already_handled

    # Now, for its buffer: once the application runs, the heap has holes. (The smallest one in which
    # it works is 3.7 KB smaller.)
    Protocol(WebSocket.read_buffer_size)
    return wraps(f)(wrapper) if wraps else wrapper


def with_websocket(f=None, **options):
    """Make a route a WebSocket endpoint: the function receives the connection behind the request::

        @app.route('/echo')
        @with_websocket
        async def echo(request, ws):
            while True:
                message = await ws.receive()
                await ws.send(message)

    The connection is closed when the function ends, as ``websocket_upgrade`` describes; a
    WebSocketError in it, which is how a connection ends, is no fault.

    With options: ``@with_websocket(subprotocols=('chat',), ping_interval=20)``.

    :param subprotocols: the subprotocols that are served, the best first: of those that the client
                         asks for too, the first becomes ``ws.subprotocol``.
    :param origins: the only ``Origin`` headers of requests that are not answered 403; None among
                    them stands for a request without one, as programs other than browsers send it.
    :param compression: True to compress messages where both ends can (RFC 7692), or a dict for it:
                        ``threshold``, the bytes from which on a message is compressed (64), and
                        ``level``, of CPython's zlib (6).

    The other options are the attributes of ``WebSocket``, for this connection only.
    """
    if options or not f:
        from ._options import decorator

        return decorator(f, options)
    return websocket_wrapper(f, websocket_upgrade)
