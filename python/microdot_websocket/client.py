"""A WebSocket client: ``connect()``. RFC 6455, section 4.1 and the client's part of the rest."""

import asyncio
import os
import sys
from binascii import b2a_base64

from . import protocol as rfc
from ._masking import MaskingStream
from ._options import CLIENT_NAMES, check, give, message_limit
from .handshake import _has_token, accept_key
from .stream import core
from .websocket import WebSocket, WebSocketError

_MAX_LINES = 100  # of a response's head; each must fit into the read buffer
_WASTE = 128  # bytes at a time, of what nobody wants


async def connect(url, headers=None, subprotocols=(), ssl=None, **options):
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
    WebSocketError: the server refused; ``status_code`` is then that of its response. ValueError: a
    bad URL or header. TypeError: an unknown option.

    ``send()`` takes a copy of its data, since it is masked with a key of its own.
    """
    secure, host, port, authority, target = parse_url(url)
    check({'subprotocols': subprotocols})
    ws = _Client(None)
    give(ws, options, CLIENT_NAMES)
    key = b2a_base64(os.urandom(16)).strip().decode()
    compression = options.get('compression')
    offer = ''
    if compression not in (None, False):
        from . import _compression

        offer = _compression.offer(message_limit(ws))
    request = request_bytes(authority, target, key, headers or {}, subprotocols, offer)
    opening = _open(ws, host, port, _context(ssl) if secure else None, request)
    try:
        response = await asyncio.wait_for(opening, ws.handshake_timeout or None)
        _check(response, key)
        _negotiate(ws, response[1], subprotocols, offer and compression)
    except BaseException as exc:
        ws._stop()
        if isinstance(exc, asyncio.TimeoutError):
            raise WebSocketError('the handshake timed out')
        raise
    if ws.ping_interval > 0:
        from ._keepalive import start

        start(ws)
    return ws


def _context(ssl):
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


def _open_connection(host, port, ssl=None):
    # A coroutine in the way of MicroPython's asyncio.open_connection(), which leaves its socket
    # open when it fails or is cancelled.
    import socket
    from errno import EINPROGRESS

    family, kind, number, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    s = socket.socket(family, kind, number)
    try:
        s.setblocking(False)
        try:
            s.connect(address)
        except OSError as exc:
            if exc.errno != EINPROGRESS:
                raise
        if ssl:
            s = ssl.wrap_socket(s, server_hostname=host, do_handshake_on_connect=False)
            s.setblocking(False)
        yield core._io_queue.queue_write(s)
    except BaseException:
        s.close()
        raise
    stream = asyncio.StreamReader(s)
    return stream, stream


if sys.implementation.name == 'cpython':
    _open_connection = asyncio.open_connection  # noqa: F811


def parse_url(url):
    """``(secure, host, port, authority, target)`` of a ``ws`` or ``wss`` URL (section 3)."""
    scheme, _, rest = url.partition('://')
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


def request_bytes(authority, target, key, headers, subprotocols, extensions):
    """The request that opens a connection."""
    fields = {
        'host': authority,
        'upgrade': 'websocket',
        'connection': 'Upgrade',
        'sec-websocket-key': key,
        'sec-websocket-version': '13',
    }
    if subprotocols:
        fields['sec-websocket-protocol'] = ', '.join(subprotocols)
    if extensions:
        fields['sec-websocket-extensions'] = extensions
    for name, value in headers.items():
        lower = name.lower()
        if lower in ('upgrade', 'connection') or lower.startswith('sec-websocket-'):
            raise ValueError("the header '%s' is not for you to set" % name)
        fields[lower] = value
    lines = ['GET %s HTTP/1.1' % target]
    for name, value in fields.items():
        line = '%s: %s' % (name, value)
        if '\r' in line or '\n' in line:
            raise ValueError("the header '%s' has a line break" % name)
        lines.append(line)
    return '\r\n'.join(lines + ['', '']).encode()


async def _open(ws, host, port, ssl, request):
    """Connect, and exchange the heads: the response's status line and headers."""
    protocol = rfc.Protocol(ws.read_buffer_size, False)
    reader, writer = await _open_connection(host, port, ssl=ssl)
    ws._protocol = protocol
    ws._stream = stream = MaskingStream(reader, writer)
    if stream.write(request):
        await stream.flush()
    return await _read_head(stream, protocol)


async def _read_head(stream, protocol):
    """``(status line, dict of headers)``. What comes behind it stays in the protocol's buffer."""
    status = await _read_line(stream, protocol)
    headers = {}
    for _ in range(_MAX_LINES):
        line = await _read_line(stream, protocol)
        if not line:
            return status, headers
        name, _, value = line.partition(':')
        name = name.strip().lower()
        if name not in ('upgrade', 'connection') and name[:14] != 'sec-websocket-':
            continue  # a server may send much that nobody will look at
        value = value.strip()
        headers[name] = headers[name] + ', ' + value if name in headers else value
    raise WebSocketError('bad handshake: too many headers')


async def _read_line(stream, protocol):
    while True:
        start = protocol._start
        have = protocol._end - start
        end = protocol._buf.find(b'\n', start, protocol._end) if have else -1
        if end >= 0:
            protocol._start = end + 1
            # As Latin-1: MicroPython's decode() takes nothing else than UTF-8.
            return ''.join(chr(c) for c in protocol._buf[start:end]).rstrip('\r')
        if have == protocol.buffer_size:
            raise WebSocketError('bad handshake: a header is too long')
        await stream.readable()
        if protocol.read(stream.readinto) == 0:
            raise WebSocketError('bad handshake: the connection was closed')


def _check(response, key):
    """WebSocketError unless the server has accepted the handshake (section 4.1)."""
    status, headers = response
    words = status.split(None, 2)
    if words[:1] != ['HTTP/1.1'] or words[1:2] != ['101']:
        error = WebSocketError('the server refused: ' + status)
        if len(words) > 1 and words[1].isdigit():
            error.status_code = int(words[1])
        raise error
    if not _has_token(headers, 'upgrade', 'websocket'):
        bad = 'upgrade'
    elif not _has_token(headers, 'connection', 'upgrade'):
        bad = 'connection'
    elif headers.get('sec-websocket-accept') != accept_key(key).decode():
        bad = 'sec-websocket-accept'
    else:
        return
    raise WebSocketError('bad handshake: bad ' + bad)


def _negotiate(ws, headers, subprotocols, compression):
    """What the server has chosen, which must have been offered."""
    subprotocol = headers.get('sec-websocket-protocol')
    if subprotocol:
        if subprotocol not in subprotocols:
            raise WebSocketError("bad handshake: unasked subprotocol '%s'" % subprotocol)
        ws.subprotocol = subprotocol
    extensions = headers.get('sec-websocket-extensions', '')
    agreed = None
    try:
        if compression:
            from . import _compression

            agreed = _compression.confirm(extensions)
        elif extensions:
            raise ValueError('extensions that were not offered: ' + extensions)
    except ValueError as exc:
        raise WebSocketError('bad handshake: ' + str(exc))
    if agreed:
        ws._protocol, ws._stream = _compression.wrap(agreed, compression, ws._protocol, ws._stream)
        ws.compression = True


class _Client(WebSocket):
    async def _shut(self, code, reason):
        try:
            await super()._shut(code, reason)
            # The server closes the connection first, so that the port does not stay taken at this
            # end (section 7.1.1).
            if self._stream._close and self.close_timeout > 0:
                await asyncio.wait_for(self._until_end(), self.close_timeout)
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            if self.closed:  # also if this was cancelled, but not if the code was a wrong one
                self._ended = True
                self._stop()

    async def _until_end(self):
        buf = bytearray(_WASTE)
        n = None
        while n != 0:
            await self._stream.readable()
            n = self._stream.readinto(buf)
