"""A WebSocket client: ``connect()``. RFC 6455, section 4.1 and the client's part of the rest."""

import asyncio
import os
from binascii import b2a_base64

from microdot.microdot import NoCaseDict

from . import timer
from .features import load
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
_MOST = const(4096)  # bytes of them that are kept, where they are
_LONGEST = const(24)  # of the names that count
_REQUEST = (
    'GET %s HTTP/1.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n'
    'sec-websocket-version: 13\r\nsec-websocket-key: %s\r\n'
)


class connect:
    """A connection to a server, as the ``WebSocket`` that handlers have, in one of three ways::

        from microdot_websocket.client import connect

        ws = await connect('ws://10.0.0.7:5000/echo')

        async with connect('ws://10.0.0.7:5000/echo') as ws:  # closes it at the end
            await ws.send('hello')
            print(await ws.receive())

        async for ws in connect('ws://10.0.0.7:5000/echo'):  # and again, whenever it has ended
            try:
                async with ws:
                    print(await ws.receive())
            except WebSocketError:
                continue

    :param url: ``ws://host:port/path?query`` or ``wss://``; the ports are 80 and 443 by default.
                The host may be an address, an IPv6 one as in ``ws://[fe80::1]/``. Of
                ``ws://user:password@host`` comes an ``Authorization: Basic``, with ``%40`` for @.
    :param headers: a dict of more headers for the request, as ``Authorization`` or ``Origin``.
    :param subprotocols: what to ask for; ``ws.subprotocol`` is the one that the server chose.
    :param ssl: for ``wss``: what verifies the server's certificate, and that it is for this host:
                the certificate of its authority, or its own if that is self-signed, in bytes (PEM
                or DER) or in the file of that name; or an ``ssl.SSLContext``. False: nothing is
                verified. None: the system's authorities on CPython; MicroPython knows none, and so
                this is a ValueError there.
    :param options: ``compression``, and the attributes of ``WebSocket``, as ``with_websocket`` has
                    them. ``max_message_length`` is -1 here too. For ``async for``: ``min_delay``,
                    ``max_delay`` and ``on_retry``.
    :param sock: in place of a connection to the URL's host: a connected socket, or asyncio's
                 ``(reader, writer)``, or an async function that returns one of them. With ``wss``
                 what goes through a socket is encrypted; a pair is taken as it is.
    :param max_redirects: how many of them to follow, 0 by default: never from ``wss`` to ``ws``,
                          and to another host, port or scheme without ``headers``, user, password.
    :param keep_headers: True: ``ws.headers`` is a dict of the response's headers, which knows no
                         upper and lower case. Of more than 4 KiB some are left out.

    It takes ``WebSocket.handshake_timeout`` seconds at most, and as long for each redirect, but for
    the name's look-up, for which MicroPython stops everything. OSError: there is no connection.
    WebSocketError: the server refused, or does not speak the protocol; see ``status_code`` there.
    The same if its certificate is of an unknown authority, for another host, or has expired: on
    MicroPython too, where the clock must be right. ValueError: a bad URL or certificate, or a
    header or subprotocol that would be no HTTP. TypeError: an unknown option. NotImplementedError:
    this firmware's ``hashlib`` has no ``sha1``, or it cannot verify a certificate.

    ``send()`` takes a copy of its data, since it is masked with a key of its own.
    """

    # Of the server, once it is known: what MicroPython's getaddrinfo() has found.
    address: 'Any' = None

    # What __getattr__() supplies, and on CPython the class
    __await__: 'Any'
    coroutine: 'Any'
    entered: 'Any'  # by ``async with``

    def __init__(
        self,
        url: str,
        headers: 'Mapping[str, str] | None' = None,
        subprotocols: 'Collection[str]' = (),
        ssl: 'SSLContext | bytes | str | bool | None' = None,
        **options: 'Any',
    ) -> None:
        if options or subprotocols:
            load('client_options').check(options, subprotocols)
        self.parts = parse_url(url)
        self.headers = headers or {}
        self.subprotocols = subprotocols
        self.ssl = ssl
        self.context: Any = load('tls').context(ssl) if self.parts[0] else None
        self.options = options
        if options.get('max_redirects'):
            load('redirects').follow(self)

    async def open(self) -> WebSocket:
        """A new connection."""
        options = self.options
        ws = _Client(None)
        ws.socket = None  # of the object already: to keep a socket must not fail
        if options:
            load('client_options').give(ws, options)
        key = b2a_base64(os.urandom(16)).strip().decode()
        compression = options.get('compression')
        extensions = ''
        if compression not in (None, False):
            deflate = load('compression_answers')
            extensions = deflate.offer(deflate.message_limit(ws))
        request = request_bytes(self.parts, key, self.headers, self.subprotocols, extensions)
        head = Stream(None, _MAX_LINES * _MAX_LINE, int(ws.handshake_timeout * 1000))
        try:
            if options.get('sock'):
                streams = await load('sockets').open_connection(self, ws)
            else:
                streams = await _open_connection(self, ws)
            head.reader, writer = streams
            writer.write(request)
            await writer.drain()
            status, code, fields, kept = await _read_head(head, options.get('keep_headers'))
            if code != 101 or status[:8] != 'HTTP/1.1':
                raise await load('refusal').refused(head, status, code, kept)
            _negotiate(ws, fields, key, self.subprotocols, extensions and (compression or True))
            ws.headers = kept
            ws.open(streams, os.urandom, ws.compressed.limit if ws.compressed else 0)
            ws.update(_OPEN)
            if ws.ping_interval > 0:
                load('ping').start(ws)
            return ws
        except BaseException as exc:
            ws.update(_CLOSED)
            if head.done and isinstance(exc, asyncio.CancelledError):
                raise WebSocketError('the handshake timed out')
            if self.context and isinstance(exc, ValueError):
                raise WebSocketError('bad certificate: ' + str(exc).strip())
            raise
        finally:
            timer.clear(head)

    def __iter__(self) -> 'Any':
        return self.open()  # which `await` goes through

    async def _once(self) -> WebSocket:
        try:
            return await self.open()
        finally:
            del self.send, self.throw  # the next task has others

    def __getattr__(self, name: str) -> 'Any':
        if name in ('send', 'throw'):  # of a coroutine: a task may be made of it, too
            coroutine = self._once()
            self.send = coroutine.send
            self.throw = coroutine.throw
        elif name in ('__aenter__', '__aexit__', '__aiter__'):
            setattr(connect, name, getattr(load('reconnect'), name))
        else:
            raise AttributeError('connect.%s' % name)
        return getattr(self, name)


def _open_connection(self: connect, ws: '_Client') -> 'Any':
    # asyncio's (reader, writer). A coroutine in the way of MicroPython's asyncio.open_connection(),
    # which leaves its socket open when it fails or is cancelled.
    import socket
    from errno import EINPROGRESS

    address = self.address
    if not address:
        _, host, port, _, _, _ = self.parts
        address = self.address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    s = ws.socket = socket.socket(address[0], address[1], address[2])  # update() closes it
    s.setblocking(False)
    try:
        s.connect(address[4])
    except OSError as exc:
        if exc.errno != EINPROGRESS:
            raise
    if self.context:
        s = load('tls').wrap(self, ws, s)
    yield core._io_queue.queue_write(s)
    stream = asyncio.StreamReader(s)  # type: ignore[arg-type]  # MicroPython's
    return stream, stream


def parse_url(url: str) -> tuple[bool, str, int, str, str, str]:
    """``(secure, host, port, authority, target, user)`` of a ``ws`` or ``wss`` URL (section 3);
    ``user`` is ``name:password``, as it stands there."""
    scheme, _, rest = url.partition('://')
    scheme = scheme.lower()
    secure = scheme == 'wss'
    at = min(rest.find(c) if c in rest else len(rest) for c in '/?')
    user, _, authority = rest[:at].rpartition('@')
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
        or any(c <= ' ' or c > '~' for c in url)
    ):
        shown = url[url.rfind('@') + 1 :]  # no password
        raise ValueError("'%s' is not ws://host:port/path or wss://host:port/path" % shown)
    if number == default and port:
        authority = authority[: -len(port) - 1]
    target = target if target[:1] == '/' else '/' + target
    return secure, host, number, authority, target, user


def request_bytes(
    parts: 'Any', key: str, headers: 'Mapping', subprotocols: 'Any', extensions: str
) -> bytes:
    """The request that opens a connection; ``parts``: of ``parse_url()``."""
    _, _, _, authority, target, user = parts
    fields = {'host': authority}
    if headers or subprotocols or user:
        load('request').add(fields, headers, subprotocols, user)
    if extensions:
        fields['sec-websocket-extensions'] = extensions
    request = _REQUEST % (target, key)
    for name, value in fields.items():
        request += '%s: %s\r\n' % (name, value)
    return (request + '\r\n').encode()


async def _read_head(head: Stream, keep: 'Any') -> 'tuple[str, int, dict[str, str], Any]':
    """``(status line, its code, headers that count, all headers)`` of the response. The last is
    None unless they are to be kept, or the server refuses. What comes behind the head is left to
    the connection. Responses 1xx in front of it are skipped (RFC 9110, section 15.2)."""
    status: str | None = None
    problem = 'too many headers'
    for _ in range(_MAX_LINES):
        try:
            line = await head.readline(_MAX_LINE)
        except ValueError:  # CPython's StreamReader has a limit
            line = bytes(_MAX_LINE + 1)
        if len(line) > _MAX_LINE:
            problem = 'a header is too long'
            break
        if line[-1:] != b'\n':
            problem = 'the connection was closed'
            break
        line = line.rstrip()  # and not at its begin: that goes on with the line before
        if status is None:
            status = _text(line)
            code = _status_code(status)
            headers = {
                'upgrade': '',
                'connection': '',
                'sec-websocket-accept': '',
                'sec-websocket-protocol': '',
                'sec-websocket-extensions': '',
            }
            kept = NoCaseDict() if keep or code // 100 != 1 else None
            room = _MOST
        elif line:
            name: Any
            value: Any
            name, _, value = line.partition(b':')
            if kept is not None and len(line) <= room:
                room -= len(line)
                kept[_text(name.rstrip())] = _text(value.strip())
            name = _text(name[:_LONGEST]).rstrip().lower()
            if name in headers:  # a server may send much that nobody will look at
                value = _text(value.strip())
                headers[name] = value = headers[name] + ', ' + value if headers[name] else value
                if len(value) > _MAX_LINE:
                    break
        elif code // 100 == 1 and code != 101:
            status = None
        else:
            return status, code, headers, kept
    raise WebSocketError('bad handshake: ' + problem)


def _status_code(line: str) -> int:
    """Of a status line (RFC 9112, section 4); 0 if it is none."""
    code = line[9:12]
    digits = line[7:8] + code
    if line[:7] == 'HTTP/1.' and line[8:9] == ' ' and line[12:13] in ('', ' '):
        if len(digits) == 4 and '0' <= min(digits) and max(digits) <= '9':
            return int(code)
    return 0


def _text(line: bytes) -> str:
    try:
        return str(line, 'utf-8')  # which ASCII is
    except ValueError:
        return ''.join([chr(c) for c in line])  # as Latin-1, which MicroPython does not know


def _negotiate(
    ws: WebSocket, headers: dict[str, str], key: str, subprotocols: 'Any', compression: 'Any'
) -> None:
    """WebSocketError unless the server has accepted the handshake (section 4.1), and has chosen
    what it was offered."""
    bad = None
    subprotocol = headers['sec-websocket-protocol']
    extensions = headers['sec-websocket-extensions']
    if getlist(headers, 'upgrade') != ['websocket']:
        bad = 'upgrade'
    elif 'upgrade' not in getlist(headers, 'connection'):
        bad = 'connection'
    elif headers['sec-websocket-accept'] != accept(key).decode():
        bad = 'sec-websocket-accept'
    elif subprotocol and subprotocol not in subprotocols:
        bad = 'sec-websocket-protocol'
    elif compression:
        try:
            load('compression_answers').agree(ws, extensions, compression)
        except ValueError as exc:
            raise WebSocketError('bad handshake: ' + str(exc))
    elif extensions:
        bad = 'sec-websocket-extensions'
    if bad:
        raise WebSocketError("bad handshake: %s '%s'" % (bad, headers[bad]))
    if subprotocol:
        ws.subprotocol = subprotocol


class _Client(WebSocket):
    headers: 'Any'
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


if not core:
    from .cpython.client import attach, open_connection

    _open_connection = open_connection
    attach(connect)
