"""A client's connections over memory streams, with the server's end of them in the test's hands."""

import asyncio
from binascii import b2a_base64
from hashlib import sha1

from frames import parse
from memory_stream import open_pair, settle
from microdot_websocket import client
from microdot_websocket.client import connect

ACCEPTED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
URL = 'ws://board.example/echo'


class Context:
    """In place of an SSLContext."""

    wrap_socket = None


class Network:
    """In place of what opens a connection: its other end is `peer`."""

    def __init__(self):
        self.calls = []

    async def open_connection(self, client, ws):
        self.calls.append(client.parts[1:3] + (client.context,))
        reader, writer, self.peer = open_pair()
        ws.socket = getattr(writer, 's', writer)
        return reader, writer

    def __enter__(self):
        self.original = client._open_connection
        client._open_connection = self.open_connection
        return self

    def __exit__(self, *_):
        client._open_connection = self.original

    def request(self):
        """The lines of the client's request."""
        head, _, rest = bytes(self.peer.sent).partition(b'\r\n\r\n')
        assert not rest
        return head.decode().split('\r\n')


def accept(request):
    """The response's Sec-WebSocket-Accept."""
    (key,) = [line[19:] for line in request if line.startswith('sec-websocket-key: ')]
    digest = sha1(key.encode() + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest()
    return b2a_base64(digest).strip().decode()


def respond(network, more='', trailing=b'', step=None, before=''):
    """Accept the request; `more` header lines of the response, and what stands before it and
    comes behind. In pieces of `step` bytes, of which this is a list."""
    response = before + ACCEPTED
    response += 'Sec-WebSocket-Accept: %s\r\n%s\r\n' % (accept(network.request()), more)
    data = response.encode() + trailing
    network.peer.sent = bytearray()
    pieces = [data[i : i + (step or len(data))] for i in range(0, len(data), step or len(data))]
    network.peer.feed(pieces.pop(0))
    return pieces


async def open_client(network, more='', trailing=b'', step=None, url=URL, before='', **options):
    """(ws, peer, the request's lines): see respond()."""
    task = asyncio.create_task(connect(url, **options))
    await settle()
    request = network.request()
    for piece in respond(network, more, trailing, step, before):
        await settle(1)
        network.peer.feed(piece)
    return await task, network.peer, request


def frames_to(peer):
    """The frames that the client has sent since the last call, unmasked."""
    sent, peer.sent = peer.sent, bytearray()
    return parse(sent, from_client=True)


def is_closed(peer):
    """Whether the client has closed its socket."""
    return peer.at_end or getattr(getattr(peer, 'transport', None), 'closed', False)
