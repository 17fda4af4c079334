"""A WebSocket of a Microdot application, over memory streams."""

from frames import CLOSE, parse
from memory_stream import open_pair
from microdot import Microdot
from microdot.microdot import Request
from microdot_websocket import WebSocket, WebSocketError

HEADERS = {
    'Host': 'board.example',
    'Upgrade': 'websocket',
    'Connection': 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',  # of RFC 6455, section 1.3
    'Sec-WebSocket-Version': '13',
}


def request_bytes(path='/', method='GET', version='1.1', **changes):
    """An HTTP request; changes: Header_Name='value', or None to leave it out."""
    headers = dict(HEADERS)
    for name, value in changes.items():
        headers[name.replace('_', '-')] = value
    lines = ['%s %s HTTP/%s' % (method, path, version)]
    lines += ['%s: %s' % item for item in headers.items() if item[1] is not None]
    return '\r\n'.join(lines + ['', '']).encode()


async def open_websocket(request=None, options=None, **attributes):
    """(ws, peer) after the handshake, for which `request` is the bytes and `options` are those of
    with_websocket(); attributes are set on the WebSocket before it."""
    reader, writer, peer = open_pair()
    peer.feed(request or request_bytes())
    request = await Request.create(Microdot(), reader, writer, ('memory', 0))
    ws = WebSocket(request)
    for name, value in attributes.items():
        setattr(ws, name, value)
    if options:
        from microdot_websocket._options import handshake

        await handshake(ws, options)
    else:
        await ws.handshake()
    peer.sent = bytearray()
    return ws, peer


def frames_to(peer):
    """The frames that the server has sent since the last call; see parse()."""
    sent, peer.sent = peer.sent, bytearray()
    return parse(sent)


def close_frame(code, reason=''):
    """A Close in what frames_to() returns."""
    return 0x80 | CLOSE, code.to_bytes(2, 'big') + reason.encode()


async def end_of(coroutine):
    """The WebSocketError that it ends with, as (code, reason)."""
    try:
        result = await coroutine
    except WebSocketError as exc:
        return exc.code, exc.reason
    raise AssertionError('no WebSocketError but %r' % (result,))


class Server:
    """An application's answer to one connection: `await Server(app).serve(data)`."""

    def __init__(self, app):
        self.app = app
        self.reader, self.writer, self.peer = open_pair()

    async def run(self):
        await self.app.handle_request(self.reader, self.writer)

    def response(self):
        """(the HTTP head as text, the bytes behind it)"""
        head, _, rest = bytes(self.peer.sent).partition(b'\r\n\r\n')
        return head.decode(), rest
