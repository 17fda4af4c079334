"""What an ASGI server is to an application, without a network, and connections by it."""

import asyncio

from memory_stream import settle
from microdot import Request, microdot
from microdot.asgi import Microdot
from microdot_websocket import WebSocketError, timer, upgrade

CONNECT = {'type': 'websocket.connect'}


class Server:
    """Of one connection; the arguments are changes of its scope.

    `sent` is what the application has sent. It has to wait with that while `blocked`, and gets the
    exception in `error`.
    """

    def __init__(self, **changes):
        self.scope = {'type': 'websocket', 'path': '/', 'client': ('x', 1), 'http_version': '1.1'}
        self.scope.update(changes)
        self.sent = []
        self.error = None
        self._incoming = asyncio.Queue()
        self._open = asyncio.Event()
        self._open.set()

    @property
    def blocked(self):
        return not self._open.is_set()

    @blocked.setter
    def blocked(self, value):
        self._open.clear() if value else self._open.set()

    def feed(self, *events):
        """What it is to receive: events, messages for short, or an exception."""
        for event in events:
            if isinstance(event, str):
                event = {'type': 'websocket.receive', 'text': event}
            elif isinstance(event, bytes):
                event = {'type': 'websocket.receive', 'bytes': event}
            self._incoming.put_nowait(event)

    def disconnect(self, **values):
        self.feed({'type': 'websocket.disconnect', **values})

    @property
    def left(self):
        """How many events it has not received."""
        return self._incoming.qsize()

    async def receive(self):
        event = await self._incoming.get()
        if isinstance(event, Exception):
            raise event
        return event

    async def send(self, event):
        await self._open.wait()
        if self.error:
            raise self.error
        self.sent.append(event)

    async def messages(self):
        """What was sent since the last call: messages as they are, other events as dicts without
        their kind."""
        await settle()
        events, self.sent = self.sent, []
        return [self._short(**event) for event in events]

    @staticmethod
    def _short(type, **values):
        if type == 'websocket.send':
            (message,) = values.values()
            return message
        return type.rpartition('.')[2], values

    async def serve(self, app):
        """What a server calls."""
        await app(self.scope, self.receive, self.send)


def request_of(server, app=None, **headers):
    """The Request that Microdot makes of a connection that is to be accepted."""
    fields = microdot.NoCaseDict(headers)
    sock = server.receive, server.send
    app = app or Microdot()
    request = Request(app, ('x', 1), 'GET', '/', 'HTTP/1.1', fields, body=b'', sock=sock)
    request.asgi_scope = server.scope
    return request


async def accepted(options=None, attended=True):
    """(ws, server) behind the handshake; the timer does not look after it if it is `attended`."""
    server = Server()
    server.feed(CONNECT)
    ws = await upgrade.upgrade(request_of(server), options)
    server.sent.clear()
    if attended:
        ws.ticks = 0
        timer.clear(ws)
    return ws, server


async def end_of(coroutine):
    """The WebSocketError that it ends with, as (code, reason)."""
    try:
        result = await coroutine
    except WebSocketError as exc:
        return exc.code, exc.reason
    raise AssertionError(f'no WebSocketError but {result!r}')


def run(main):
    """A coroutine; one that stalls fails."""
    asyncio.run(asyncio.wait_for(main, 20))
