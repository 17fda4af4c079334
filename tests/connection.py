"""A WebSocket of a Microdot application, over memory streams."""

import asyncio
import gc
import sys

from capacity import LARGE
from frames import CLOSE, PING, frame, parse
from memory_stream import open_pair, settle
from microdot import Microdot
from microdot.microdot import Request
from microdot_websocket import WebSocket, WebSocketError, codec, features, timer

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


async def open_websocket(request=None, options=None, attended=True, **attributes):
    """(ws, peer) after the handshake, for which `request` is the bytes and `options` are those of
    with_websocket(); attributes are set on the WebSocket before it. It is `attended` as if a task
    had waited in receive(), so that the timer does not look after it."""
    reader, writer, peer = open_pair()
    peer.feed(request or request_bytes())
    request = await Request.create(Microdot(), reader, writer, ('memory', 0))
    ws = WebSocket(request)
    for name, value in attributes.items():
        setattr(ws, name, value)
    if options:
        await features.open(ws, options)
    else:
        await ws.handshake()
    peer.sent = bytearray()
    if attended:
        ws.ticks = 0
        if not ws.pings:
            timer.clear(ws)
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


async def holding_buffer(**attributes):
    """(ws, peer, task): a task waits in receive(), in the middle of a control frame, and so the
    connection holds its read buffer, of LARGE bytes."""
    attributes.setdefault('close_timeout', 0)
    ws, peer = await open_websocket(read_buffer_size=LARGE, **attributes)
    task = asyncio.create_task(end_of(ws.receive()))
    peer.feed(frame(PING, b'ping')[:-1])
    await settle()
    return ws, peer, task


async def has_spare_buffer():
    """Whether the next connection to need a buffer as of holding_buffer() finds one."""
    if sys.implementation.name == 'micropython':
        return await _taken_for_buffer(gc.mem_alloc) < LARGE
    if codec.IMPL == 'python':
        from microdot_websocket.core.twin import spare

        return LARGE in spare
    import tracemalloc

    tracemalloc.start()
    try:
        return await _taken_for_buffer(lambda: tracemalloc.get_traced_memory()[0]) < LARGE
    finally:
        tracemalloc.stop()


async def _taken_for_buffer(allocated):
    """Bytes that one more connection takes that holds a buffer; `allocated` says how many are."""
    gc.collect()
    before = allocated()
    ws, _, task = await holding_buffer()
    gc.collect()
    taken = allocated() - before
    ws.abort()
    await task
    return taken


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
