"""A WebSocket client: ``connect()``. RFC 6455, section 4.1 and the client's part of the rest."""

import asyncio
import os
import sys
from binascii import b2a_base64

from . import timer
from .features import load
from .features.attributes import CLIENT_NAMES, check, give
from .upgrade import Stream, accept, getlist
from .websocket import WebSocket, WebSocketError, const

if False:  # for type checkers alone
    from collections.abc import Collection, Mapping
    from ssl import SSLContext
    from typing import Any


core = getattr(asyncio, 'core', None)  # MicroPython's event loop

_OPEN = const(1)  # states, of websocket.py
_CLOSING = const(2)
_CLOSED = const(3)
_NORMAL = const(1000)  # a close code
_MAX_LINES = const(100)  # of a response's head
_MAX_LINE = const(2048)  # bytes of each of them
_HEADERS = (
    'upgrade',
    'connection',
    'sec-websocket-accept',
    'sec-websocket-protocol',
    'sec-websocket-extensions',
)
_LONGEST = const(24)  # of these names
_REQUEST = (
    'GET %s HTTP/1.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n'
    'sec-websocket-version: 13\r\nsec-websocket-key: %s\r\n'
)


async def connect(
    url: str,
    headers: 'Mapping[str, str] | None' = None,
    subprotocols: 'Collection[str]' = (),
    ssl: 'SSLContext | None' = None,
    **options: 'Any',
) -> WebSocket:
    """Open a WebSocket connection to a server; the ``WebSocket``, as handlers have it::

        from microdot_websocket.client import connect

        ws = await connect('ws://10.0.0.7:5000/echo')
        async with ws:
            await ws.send('hello')
            print(await ws.receive())

    :param url: ``ws://host:port/path?query`` or ``wss://``; the ports are 80 and 443 by default.
    :param headers: a dict of more headers for the request, as ``Authorization`` or ``Origin``.
    :param subprotocols: what to ask for; ``ws.subprotocol`` is the one that the server chose.
    :param ssl: for ``wss``: an ``ssl.SSLContext``. Without one CPython verifies the server's
                certificate; MicroPython, which knows no authorities, encrypts but verifies nothing,
                and refuses True.
    :param options: ``compression``, and the attributes of ``WebSocket``, as ``with_websocket`` has
                    them. ``max_message_length`` is -1 here too.

    It takes ``WebSocket.handshake_timeout`` seconds at most, but for the name's look-up, for which
    MicroPython stops everything. OSError: there is no connection. Redirects are not followed.
    WebSocketError: the server refused; ``status_code`` is then that of its response, 0 if that was
    not HTTP. ValueError: a bad URL, or a header or subprotocol that would be no HTTP. TypeError: an
    unknown option. NotImplementedError: this firmware's ``hashlib`` has no ``sha1``.

    ``send()`` takes a copy of its data, since it is masked with a key of its own.
    """
    secure, host, port, authority, target = parse_url(url)
    check({'subprotocols': subprotocols})
    ws = _Client(None)
    ws.socket = None  # of the object already: to keep a socket must not fail
    give(ws, options, CLIENT_NAMES)
    key = b2a_base64(os.urandom(16)).strip().decode()
    compression = options.get('compression')
    extensions = ''
    if compression not in (None, False):
        deflate = load('compression_answers')
        extensions = deflate.offer(deflate.message_limit(ws))
    request = request_bytes(authority, target, key, headers or {}, subprotocols, extensions)
    head = Stream(None, _MAX_LINES * _MAX_LINE, int(ws.handshake_timeout * 1000))
    try:
        context = _context(ssl) if secure else None
        reader, writer = await _open_connection(ws, host, port, context)
        writer.write(request)
        await writer.drain()
        head.reader = reader
        response = await _read_head(head)
        _check(response, key)
        _negotiate(ws, response[2], subprotocols, extensions and compression)
        ws.open((reader, writer), os.urandom, ws.compressed.limit if ws.compressed else 0)
        ws.update(_OPEN)
        if ws.ping_interval > 0:
            load('ping').start(ws)
        return ws
    except BaseException as exc:
        ws.update(_CLOSED)
        if head.done and isinstance(exc, asyncio.CancelledError):
            raise WebSocketError('the handshake timed out')
        raise
    finally:
        timer.clear(head)


def _context(ssl: 'Any') -> 'Any':
    """What encrypts, with or without a context of the application's."""
    if sys.implementation.name == 'cpython':
        return ssl or True  # verifies, with the system's authorities
    if ssl is True:
        raise ValueError('ssl=True would verify, for which it must be an SSLContext here')
    if ssl:
        return ssl
    import tls

    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_NONE  # a board knows no authorities
    return context


def _open_connection(ws: '_Client', host: str, port: int, ssl: 'Any') -> 'Any':
    # A coroutine in the way of MicroPython's asyncio.open_connection(), which leaves its socket
    # open when it fails or is cancelled.
    import socket
    from errno import EINPROGRESS

    family, kind, number, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    s = ws.socket = socket.socket(family, kind, number)  # from here on update() closes it
    s.setblocking(False)
    try:
        s.connect(address)
    except OSError as exc:
        if exc.errno != EINPROGRESS:
            raise
    if ssl:
        s = ws.socket = ssl.wrap_socket(s, server_hostname=host, do_handshake_on_connect=False)
        s.setblocking(False)
    yield core._io_queue.queue_write(s)
    stream = asyncio.StreamReader(s)  # type: ignore[arg-type]  # MicroPython's
    return stream, stream


if sys.implementation.name == 'cpython':

    async def _open_connection(ws: '_Client', host: str, port: int, ssl: 'Any') -> 'Any':  # type: ignore[misc]  # noqa: F811
        reader, ws.socket = await asyncio.open_connection(host, port, ssl=ssl)
        return reader, ws.socket


def parse_url(url: str) -> tuple[bool, str, int, str, str]:
    """``(secure, host, port, authority, target)`` of a ``ws`` or ``wss`` URL (section 3)."""
    scheme, _, rest = url.partition('://')
    scheme = scheme.lower()
    secure = scheme == 'wss'
    at = min(rest.find(c) if c in rest else len(rest) for c in '/?')
    authority = rest[:at]
    target = rest[at:]
    host, colon, port = authority.rpartition(':')
    if not colon or ']' in port:  # only an IPv6 address has others
        host, port = authority, ''
    if host[:1] == '[' and host[-1:] == ']':
        host = host[1:-1]
    elif ':' in host:
        host = ''
    default = 443 if secure else 80
    number = int(port) if port.isdigit() else 0 if colon and port else default
    if (
        scheme not in ('ws', 'wss')
        or not host
        or not 0 < number < 65536
        or '#' in url
        or '@' in authority
        or any(c <= ' ' or c > '~' for c in url)
    ):
        raise ValueError("'%s' is not ws://host:port/path or wss://host:port/path" % url)
    if number == default and port:
        authority = authority[: -len(port) - 1]
    return secure, host, number, authority, target if target[:1] == '/' else '/' + target


def request_bytes(
    authority: str, target: str, key: str, headers: 'Mapping', subprotocols: 'Any', extensions: str
) -> bytes:
    """The request that opens a connection."""
    fields = {'host': authority}
    for name, value in headers.items():
        name = _token(name)
        if name in _HEADERS or name[:14] == 'sec-websocket-':
            raise ValueError("the header '%s' is not for you to set" % name)
        fields[name] = str(value)
    if subprotocols:
        fields['sec-websocket-protocol'] = ', '.join(subprotocols)
        for name in subprotocols:
            _token(name)
    if extensions:
        fields['sec-websocket-extensions'] = extensions
    request = _REQUEST % (target, key)
    for name, value in fields.items():
        for c in '\r\n\0':
            if c in value:
                raise ValueError("the header '%s' has a line break or NUL" % name)
        request += '%s: %s\r\n' % (name, value)
    return (request + '\r\n').encode()


def _token(name: str) -> str:
    """A name in lower case; ValueError for what is no token (RFC 9110, section 5.6.2)."""
    name = name.lower()
    for c in name or ' ':
        if not ('a' <= c <= 'z' or '0' <= c <= '9' or c in "!#$%&'*+-.^_`|~"):
            raise ValueError("'%s' is no token" % name)
    return name


async def _read_head(head: Stream) -> tuple[str, int, dict[str, str]]:
    """``(status line, its code, dict of headers)`` of the response; what comes behind it is left to
    the connection. Responses 1xx in front of it are skipped (RFC 9110, section 15.2)."""
    status: str | None = None
    for _ in range(_MAX_LINES):
        line = (await _read_line(head)).strip()
        if status is None:
            status = _text(line)
            code = _status_code(status)
            headers: dict[str, str] = {}
        elif line:
            name: Any
            value: Any
            name, _, value = line.partition(b':')
            name = _text(name[:_LONGEST]).strip().lower()
            if name in _HEADERS:  # a server may send much that nobody will look at
                value = _text(value.strip())
                headers[name] = value = headers[name] + ', ' + value if name in headers else value
                if len(value) > _MAX_LINE:
                    break
        elif code // 100 == 1 and code != 101:
            status = None
        else:
            return status, code, headers
    raise WebSocketError('bad handshake: too many headers')


def _status_code(line: str) -> int:
    """Of a status line (RFC 9112, section 4); 0 if it is none."""
    code = line[9:12]
    digits = line[7:8] + code
    if line[:7] == 'HTTP/1.' and line[8:9] == ' ' and line[12:13] in ('', ' '):
        if len(digits) == 4 and '0' <= min(digits) and max(digits) <= '9':
            return int(code)
    return 0


async def _read_line(head: Stream) -> bytes:
    try:
        line = await head.readline(_MAX_LINE)
    except ValueError:  # CPython's StreamReader has a limit
        line = bytes(_MAX_LINE + 1)
    if line[-1:] == b'\n' and len(line) <= _MAX_LINE:
        return line
    if len(line) > _MAX_LINE:
        raise WebSocketError('bad handshake: a header is too long')
    raise WebSocketError('bad handshake: the connection was closed')


def _text(line: bytes) -> str:
    try:
        return str(line, 'utf-8')  # which ASCII is
    except ValueError:
        return ''.join([chr(c) for c in line])  # as Latin-1, which MicroPython does not know


def _check(response: tuple[str, int, dict[str, str]], key: str) -> None:
    """WebSocketError unless the server has accepted the handshake (section 4.1)."""
    status, code, headers = response
    if code != 101 or status[:8] != 'HTTP/1.1':
        error = WebSocketError('the server refused: ' + status)
        error.status_code = code
        raise error
    if 'websocket' not in getlist(headers, 'upgrade'):
        bad = 'upgrade'
    elif 'upgrade' not in getlist(headers, 'connection'):
        bad = 'connection'
    elif headers.get('sec-websocket-accept') != accept(key).decode():
        bad = 'sec-websocket-accept'
    else:
        return
    raise WebSocketError('bad handshake: bad ' + bad)


def _negotiate(ws: WebSocket, headers: dict, subprotocols: 'Any', compression: 'Any') -> None:
    """What the server has chosen, which must have been offered."""
    subprotocol = headers.get('sec-websocket-protocol')
    if subprotocol:
        if subprotocol not in subprotocols:
            raise WebSocketError("bad handshake: unasked subprotocol '%s'" % subprotocol)
        ws.subprotocol = subprotocol
    extensions = headers.get('sec-websocket-extensions', '')
    try:
        if compression:
            load('compression_answers').agree(ws, extensions, compression)
        elif extensions:
            raise ValueError('extensions that were not offered: ' + extensions)
    except ValueError as exc:
        raise WebSocketError('bad handshake: ' + str(exc))


class _Client(WebSocket):
    socket: 'Any' = None  # to be closed at the end: a client has no Microdot that would do so

    async def wait_closed(self, wait: bool = True) -> None:
        # The server closes the connection first, so that the port does not stay taken at this end
        # (section 7.1.1).
        if self.state == _CLOSING and self.close_timeout > 0:
            try:
                if not ((not wait or await self.discard()) and await self.discard()):
                    return  # another task does the same from now on
            except asyncio.CancelledError:
                self.update(_CLOSED)
                raise
        self.update(_CLOSED)

    def update(self, state: int, code: int = _NORMAL, reason: str = '') -> None:
        super().update(state, code, reason)
        if self.state == _CLOSED and self.socket:
            s = self.socket  # once: CPython's TLS transport fails when it is asked again
            self.socket = None
            s.close()
