"""From a request to a WebSocket and back: ``websocket_upgrade`` and ``with_websocket``, and the
server's opening handshake (RFC 6455, section 4.2)."""

import asyncio
import gc
from binascii import a2b_base64, b2a_base64

from microdot import Request, Response, microdot

from . import timer
from .websocket import Protocol, WebSocket, WebSocketError, connections, const

if False:  # for type checkers alone
    from collections.abc import Awaitable, Callable, Generator
    from typing import Any

    from microdot import Microdot


try:
    from hashlib import sha1
except ImportError:  # a firmware without it: all but the handshake works
    sha1 = None

_VERSION = const(13)  # of the protocol
# Close codes, of core/frames.py
_ENOMEM = const(12)
_TRIES = const(9)  # to have memory collected
_NORMAL = const(1000)
_GOING_AWAY = const(1001)
_INTERNAL_ERROR = const(1011)
_PART = const(128)  # bytes of a line that are read at once
_ANSWER = const(2000)  # milliseconds
_LINE = const(64)  # bytes that each line of a request's head counts as, at least
_LARGE = const(1 << 14)  # the read buffer where a megabyte is free: see __init__.py
# States, of websocket.py
_CONNECTING = const(0)
_OPEN = const(1)
_CLOSING = const(2)
_CLOSED = const(3)
_CLOSE = const(8)  # an opcode

print = microdot.print_exception  # type: ignore[attr-defined]


def print_exception(exc: BaseException) -> None:
    """In place of Microdot's: a handler that a WebSocketError leaves is no fault."""
    if not isinstance(exc, WebSocketError):
        print(exc)


microdot.print_exception = print_exception  # type: ignore[attr-defined]


def getlist(headers: 'Any', name: str) -> list[str]:
    """The items of a header that is a comma-separated list, in lower case."""
    return [item.strip().lower() for item in headers.get(name, '').split(',')]


def accept(key: str) -> bytes:
    """The Sec-WebSocket-Accept value, bytes, for a Sec-WebSocket-Key (section 4.2.2, item 5.4)."""
    if not sha1:
        raise NotImplementedError('hashlib has no sha1')
    digest = sha1(key.encode())
    digest.update(b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    return b2a_base64(digest.digest()).strip()


def match(request: Request, local: bool) -> bytes:
    """Answer a request that is no WebSocket handshake: HTTPException 400 or 426. Else the key of
    the response.

    :param local: whether it comes from Microdot's TestClient, which speaks HTTP/1.0.
    """
    headers = request.headers
    key = headers.get('Sec-WebSocket-Key', '')
    code = 400
    name = 'Sec-WebSocket-Key'
    try:
        if not local and float(request.http_version) < 1.1:
            name = 'HTTP version'
        elif len(key) == 24 and len(a2b_base64(key)) == 16:  # section 4.1, item 7
            name = None
    except ValueError:
        pass
    if request.method != 'GET':
        name = 'method'
    elif 'websocket' not in getlist(headers, 'upgrade'):
        name = 'upgrade'
    elif 'upgrade' not in getlist(headers, 'connection'):
        name = 'connection'
    elif ',' in headers.get('host', '' if local else ','):  # none, or two
        name = 'host'
    elif request.content_length or 'Transfer-Encoding' in headers:
        name = 'body'
    elif not name and headers.get('Sec-WebSocket-Version', '').strip() != str(_VERSION):
        code = 426
        name = 'Sec-WebSocket-Version'
    if name:
        request.app.abort(code, 'WebSocket handshake: bad ' + name)
    return accept(key)


async def handshake(self: WebSocket, upgrade: 'Callable[..., Any] | None' = None) -> None:
    """Answer the upgrade request of a connection; HTTPException 400 or 426 if it is not a proper
    one.

    :param upgrade: for options: async, called with the connection; returns more headers of the
                    response, bytes, and the limit of compressed messages. See features/options.py.
    """
    request = self.request
    writer: Any = request.sock[1]
    if not hasattr(writer, 'write'):  # the TestClient's has only awrite()
        self.local = True
    key = match(request, self.local)
    if timer.core:
        # What was read line by line lies strewn, with garbage in between. Copies, which str() makes
        # of MicroPython's, lie together.
        fields = {str(name): str(value) for name, value in request.headers.items()}
        request.headers = microdot.NoCaseDict(fields)
    # All that needs memory comes before the first byte: without it the answer is still an error.
    headers, maxsize = await upgrade(self) if upgrade else (b'', 0)
    # Behind that, since a client that it refuses may not take the place of another one.
    if 0 < self.max_connections <= len(connections):
        if not self.evict_idle:
            request.app.abort(503, 'too many connections')
        self.replace()
    writer.websocket = self  # see done()
    response = (
        b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
        b'Sec-WebSocket-Accept: %s\r\n%s\r\n'
    ) % (key, headers)
    self.open(request.sock, None, maxsize)
    try:
        await writer.awrite(response)
        self.update(_OPEN)
    except Exception:  # a part of it may be out
        raise self.abort()
    finally:
        if self.state == _CONNECTING:  # cancelled
            self.abort()


setter = microdot.NoCaseDict.__setitem__
# Whether Microdot is about to set the header of a line that it has read.
header = False


def __setitem__(self: 'Any', key: str, value: str) -> None:
    # Microdot keeps the last of several header lines. Those of a handshake are one list (RFC 9110,
    # section 5.3), or may not be repeated: no list is a valid one of them.
    global header
    if header:
        header = False
        if key in self and key.lower()[:13] in 'upgrade connection sec-websocket host origin':
            value = self[key] + ', ' + value
    setter(self, key, value)


microdot.NoCaseDict.__setitem__ = __setitem__  # type: ignore  # by what mypy has cached
create: 'Any' = Request.create


async def decorated(app: 'Microdot', reader: 'Any', *args: 'Any', **kwargs: 'Any') -> Request:
    """In place of Microdot's ``Request.create``, which waits for ever for a request's end, and
    takes any number of header lines."""
    head = None
    try:
        time = int(WebSocket.handshake_timeout * 1000)
        if time > 0:
            time += Request.max_body_length  # a body of so many bytes is read too
        head = Stream(reader, WebSocket.max_header_size, time)
        request: Any = await create(app, head, *args, **kwargs)
        if request:
            request.sock = reader, request.sock[1]
            if request._stream is head:  # Microdot's own, of a body that it has not read
                request._stream = reader
        return request
    except asyncio.CancelledError:
        if not head or not head.done:
            raise
        raise OSError(microdot.MUTED_SOCKET_ERRORS[0], '')  # a bad request to Microdot
    except MemoryError:
        raise OSError(_ENOMEM, '')  # no bad request to Microdot: the connection is closed
    finally:
        if head and not head.done:
            timer.clear(head)


Request.create = staticmethod(decorated)  # type: ignore[method-assign, assignment]


class Stream:
    """What the head of a request or response is read from: the reader, with limits. It is a watch
    of the timer, and ``timer.clear()`` must be called at the end.

    :param reader: asyncio's; may be set later.
    :param count: the most bytes, of which each line counts as 64 at least.
    :param time: milliseconds; behind them the current task is cancelled, and ``done`` is True, and
                 two seconds later again: in the middle of a handshake of TLS a client takes no
                 answer either. 0: no limit.
    """

    expires = next = None
    websocket = False  # whether it is the head of a handshake

    def __init__(self, reader: 'Any', count: int, time: int) -> None:
        self.reader = reader
        self.count = count
        self.done = False
        self.task: Any = asyncio.current_task()
        self.data = asyncio.CancelledError()
        if time > 0:
            timer.set(self, time)

    def readexactly(self, n: int) -> 'Any':
        """The body. (MicroPython's own takes less than nothing for all that will ever come.)"""
        if n < 0:
            raise OSError(microdot.MUTED_SOCKET_ERRORS[0], '')  # a bad request to Microdot
        return self.reader.readexactly(n)

    def poll(self, time: int) -> int:
        time = 0 if self.done else _ANSWER
        self.done = True
        self.task.cancel()
        if timer.core and self.task.data is asyncio.CancelledError:
            # MicroPython makes one of it only when the task runs, which without memory never ends.
            self.task.data = self.data
        return time

    def readline(self, maxsize: int = 0) -> 'Any':
        """The next line, or the first bytes of one that is longer than ``maxsize``, of a request
        ``Request.max_readline``. (MicroPython's own has no limit. A coroutine in the way that
        asyncio writes its own, with little garbage. CPython's is in cpython/main.py.)"""
        global header
        header = False  # the request's first line has none
        stream = self.reader
        if not hasattr(stream, 's'):  # the reader of Microdot's TestClient
            return (yield from stream.readline())
        stream = stream.s
        line = b''
        size = min(maxsize or Request.max_readline, self.count) + 1
        while line[-1:] != b'\n' and len(line) < size:
            yield timer.core._io_queue.queue_read(stream)
            # A stream takes memory for as many bytes as it may read.
            part = stream.readline(min(size - len(line), _PART))
            if part is not None:
                if not part:
                    break
                line = line + part if line else part
        if line[3:5].lower() == b'-w':  # Sec-WebSocket-Key and the like
            self.websocket = True
        elif self.websocket and len(line) < 3 and WebSocket.read_buffer_size < _LARGE:
            # The garbage of the lines goes, so that what a connection keeps takes its place. Else
            # that would lie in the middle of what is free, and a long message find no room.
            gc.collect()
        self.count -= max(len(line), _LINE)
        if self.count < 0:
            raise OSError(microdot.MUTED_SOCKET_ERRORS[0], '')  # a bad request to Microdot
        header = not maxsize and len(line) > 2
        return line


def shutdown(websocket: WebSocket, exc: 'BaseException | None' = None) -> None:
    """The end of a connection whose task was cancelled, or left by an exception, as of an error
    handler: there is no time to wait for an answer."""
    raised = isinstance(exc, Exception)
    try:
        if websocket.state == _OPEN:
            websocket.protocol.write(b'\x03\xf3' if raised else b'\x03\xe9', _CLOSE)
    except Exception:
        pass
    websocket.update(_CLOSED, _INTERNAL_ERROR if raised else _GOING_AWAY)


def register(stream: 'Any', core: 'Any') -> None:
    """Replace the parts of MicroPython's asyncio that do not survive a lack of memory: see
    docs/upstream."""

    def serve(self: 'Any', sock: 'Any', handler: 'Any', ssl: 'Any') -> 'Generator[Any]':
        # In place of Server._serve, which ends at a MemoryError, and with it the server.
        self.state = False
        ready = False
        try:
            while True:
                client = None
                try:
                    if ready:
                        client, peer = sock.accept()
                        peer = {'peername': peer}
                        if ssl:
                            peer['socket'] = client
                            client = ssl.wrap_socket(
                                client, server_side=True, do_handshake_on_connect=False
                            )
                        client.setblocking(False)
                        peer = stream.Stream(client, peer)
                        done = peer.done
                        asyncio.create_task(handler(peer, peer)).state = done  # type: ignore[attr-defined]
                        client = None
                    timer.collect(core.cur_task)
                    core._io_queue.queue_read(sock)
                    ready = True
                except Exception:
                    if client:
                        client.close()
                    ready = False
                if ready:
                    yield
                else:
                    yield from core.sleep_ms(50)  # others may give memory back
        except KeyboardInterrupt:
            raise
        except BaseException:
            # It was cancelled: without memory for a CancelledError this is a MemoryError.
            sock.close()
            if not self.state:
                raise

    def done(self: 'Any', task: 'Any', exc: 'Any') -> None:
        # asyncio calls it when the task of a connection has ended: whatever has ended it, no client
        # is left waiting.
        ws = self.websocket
        if type(exc) is not StopIteration:
            if ws:
                shutdown(ws, exc)
            self.s.close()
            self.e.get('socket', self.s).close()  # TLS lets go of it when its handshake fails
            if isinstance(exc, Exception):
                microdot.print_exception(exc)  # type: ignore[attr-defined]
        if ws:  # else a new attribute would take memory
            # asyncio's queue may keep the task for long: docs/upstream/ended-tasks.md
            self.websocket = None
        timer.collect(task)

    enqueue = core.IOQueue._enqueue

    def _enqueue(self: 'Any', sock: 'Any', i: int) -> None:
        # In place of IOQueue._enqueue, behind whose MemoryError the next poll would crash, since
        # register() makes a slot before there is memory for what belongs there.
        try:
            enqueue(self, sock, i)
        except MemoryError:
            # The entry was made just before: its memory serves the slot.
            if self.map.pop(id(sock), None):
                for _ in range(_TRIES):
                    try:
                        self.poller.register(sock, 0)
                        self.poller.unregister(sock)
                        break
                    except MemoryError:
                        pass
            raise

    stream.Server._serve = serve
    stream.Stream.done = done
    stream.Stream.websocket = None
    core.IOQueue._enqueue = _enqueue


if timer.core:
    asyncio.start_server  # noqa: B018  imports asyncio.stream
    register(asyncio.stream, timer.core)  # type: ignore[attr-defined]
    del register  # its memory is free then
    update: 'Any' = None  # its functions have no attributes to copy
else:
    from .platform import update


async def after_error_request(request: Request, response: Response) -> Response:
    """Registered with the application: runs when a handler raised, or the handshake was refused,
    behind all others."""
    ws = getattr(request, 'websocket', None)
    if ws is None:
        return response
    if ws.state == _CONNECTING:  # refused
        if response.status_code == 426:
            response.headers['Sec-WebSocket-Version'] = str(_VERSION)  # RFC 6455, section 4.4
        return response
    await aclose(ws, _INTERNAL_ERROR)
    return Response.already_handled  # no HTTP behind the Close


def after_request(request: Request, response: Response) -> Response:
    """Registered with a request behind all that the application has for it: none of them gets hold
    of ``already_handled``, of which there is but one, and what they return is not written."""
    return Response.already_handled


async def aclose(self: WebSocket, code: int) -> None:
    """Close the connection for good: Microdot closes the socket behind this."""
    await self.close(code)
    while self.state == _CLOSING:  # another task has taken the closing over: take it back
        await self.wait_closed()


async def websocket_upgrade(request: Request, **kwargs: 'Any') -> WebSocket:
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
    The options: as of ``with_websocket``. RuntimeError: this request was upgraded already.

    What was registered before with ``request.after_request``, as by Microdot's ``session.save()``,
    is called in the handshake: its cookies and headers are in the response. Other cookies::

        response = Response()
        response.set_cookie('seen', 'yes')
        ws = await websocket_upgrade(request, headers=response.headers)
    """
    ws = await upgrade(request, kwargs)

    @request.after_request
    async def decorated(request: Request, response: Response) -> None:
        await aclose(ws, _NORMAL)
        request.after_request(after_request)

    return ws


async def upgrade(request: Request, args: 'dict[str, Any] | None' = None) -> WebSocket:
    """The handshake of a request, with ``args``, a dict of options; the ``WebSocket``. The caller
    has to end it: ``aclose()``. RuntimeError: it was upgraded already."""
    ws = getattr(request, 'websocket', None)
    if ws and ws.state != _CONNECTING:
        raise RuntimeError('this request was upgraded already')
    handlers: Any = request.app.after_error_request_handlers
    if handlers[-1:] != [after_error_request]:  # behind all of the application's
        if after_error_request in handlers:
            handlers.remove(after_error_request)
        handlers.append(after_error_request)
    ws = request.websocket = WebSocket(request)  # type: ignore[attr-defined]
    if args or request.after_request_handlers:
        from .features import open

        await open(ws, args or {})
    else:
        await handshake(ws)
    return ws


def websocket_wrapper(
    f: 'Callable[..., Awaitable[Any]]', function: 'Callable[[Request], Awaitable[WebSocket]]'
) -> 'Callable[..., Awaitable[Any]]':
    """The route function for the handler ``f``, with an upgrade other than ``websocket_upgrade``.

    :param function: the upgrade, ``async``; takes the request and returns the ``WebSocket``.
                     Microdot's ``asgi`` module has its own.
    """

    async def decorated(request: Request, *args: 'Any', **kwargs: 'Any') -> Response:
        ws = await function(request)
        code = _NORMAL
        try:
            await f(request, ws, *args, **kwargs)
        except WebSocketError:
            pass
        except Exception as exc:
            if not isinstance(exc, OSError) or exc.errno not in microdot.MUTED_SOCKET_ERRORS:
                microdot.print_exception(exc)  # type: ignore[attr-defined]
                code = _INTERNAL_ERROR
        except BaseException:
            # Cancelled, as when the server stops: there is no time to wait for an answer.
            code = _GOING_AWAY
            ws.close_timeout = 0
            raise
        finally:
            try:
                await aclose(ws, code)
            except Exception:
                ws.abort()
        request.after_request(after_request)
        return Response()

    # Now, for its buffer: once the application runs, the heap has holes.
    Protocol(None, None, WebSocket.read_buffer_size, 0, 0, 0, 0)
    return update(decorated, f) if update else decorated


def with_websocket(f: 'Callable[..., Any] | None' = None, **kwargs: 'Any') -> 'Callable[..., Any]':
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
                    ValueError: one that no browser sends, as with a path behind the host.
    :param compression: True to compress messages where both ends can (RFC 7692), or a dict for it:
                        ``threshold``, the bytes from which on a message is compressed (64), and
                        ``level``, of CPython's zlib (6).
    :param headers: a dict of more headers for the response, each str or a list of str.
    :param on_disconnect: a function to be called when the connection has ended: as of
                          ``ws.on_disconnect()``.

    The other options are the attributes of ``WebSocket``, for this connection only.
    """
    if kwargs or not f:
        from .features import decorated

        return decorated(f, kwargs)
    return websocket_wrapper(f, upgrade)
