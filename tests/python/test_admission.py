"""Limits for all connections together, and for the head of a request."""

import asyncio
import sys
import unittest

from connection import Server, end_of, open_websocket, request_bytes
from frames import BINARY, frame, pattern
from memory_stream import run, settle
from microdot import Microdot, microdot
from microdot_websocket import WebSocket, upgrade, with_websocket
from microdot_websocket.websocket import connections

LIMITS = 'max_connections', 'evict_idle', 'max_header_size', 'max_incomplete'


async def opened(n):
    """So many connections: (ws, peer) of each."""
    pairs = []
    for _ in range(n):
        pairs.append(await open_websocket(close_timeout=0))
    return pairs


class Limits(unittest.TestCase):
    """Sets attributes of the class, and restores them."""

    def setUp(self):
        self.saved = [getattr(WebSocket, name) for name in LIMITS]
        self.print = upgrade.print
        self.printed = []
        upgrade.print = self.printed.append

    def tearDown(self):
        upgrade.print = self.print
        for name, value in zip(LIMITS, self.saved):
            setattr(WebSocket, name, value)


class TestConnections(Limits):
    async def refused(self):
        try:
            await open_websocket()
        except microdot.HTTPException as exc:
            return exc.status_code
        return None

    def test_one_too_many(self):
        async def main():
            WebSocket.max_connections = 2
            first, second = await open_websocket(close_timeout=0), await open_websocket()
            self.assertEqual(await self.refused(), 503)
            self.assertEqual(await self.refused(), 503)
            await first[0].close()
            third = await open_websocket()
            self.assertEqual(connections, [second[0], third[0]])
            second[0].abort()
            self.assertEqual(connections, [third[0]])

        run(main())

    def test_its_response(self):
        app = Microdot()

        @app.route('/')
        @with_websocket
        async def echo(request, ws):
            await ws.receive()

        async def main():
            WebSocket.max_connections = 1
            await open_websocket()
            server = Server(app)
            server.peer.feed(request_bytes())
            await server.run()
            return server.response()[0]

        self.assertEqual(run(main())[9:12], '503')
        self.assertEqual(self.printed, [])

    def test_no_limit(self):
        async def main():
            WebSocket.max_connections = 0
            for _ in range(5):
                await open_websocket()

        run(main())

    def test_a_handshake_that_is_broken_off_counts_no_more(self):
        app = Microdot()

        @app.route('/')
        @with_websocket
        async def echo(request, ws):
            await ws.receive()

        async def main():
            server = Server(app)
            server.peer.give_room(5)  # of the response
            server.peer.feed(request_bytes())
            task = asyncio.create_task(server.run())
            await settle()
            self.assertEqual(len(connections), 1)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            self.assertEqual(connections, [])

        run(main())


class TestIncomplete(Limits):
    def test_messages_of_all_together(self):
        async def main():
            (ws, peer), held = await open_websocket(close_timeout=0), frame(BINARY, pattern(400))
            WebSocket.max_incomplete = ws.protocol.sum + 500
            (other, other_peer), (last, last_peer) = await opened(2)
            peer.feed(held[:300])
            tasks = [asyncio.create_task(one.receive()) for one in (ws, last)]
            refused = asyncio.create_task(end_of(other.receive()))
            await settle()
            other_peer.feed(held[:300])
            last_peer.feed(frame(BINARY, b'small'))
            await settle()
            self.assertEqual(await refused, (1009, 'out of memory'))
            peer.feed(held[300:])
            self.assertEqual(await tasks[0], pattern(400))
            self.assertEqual(await tasks[1], b'small')

        run(main())


class TestHead(Limits):
    def status(self, request, end=False):
        app = Microdot()

        @app.route('/', methods=['GET', 'POST'])
        async def index(request):
            return '%d %s' % (len(request.headers), request.body)

        async def main():
            server = Server(app)
            server.peer.feed(request)
            await server.run()
            head, body = server.response()
            return int(head.split()[1]), body

        return run(main())

    def head(self, lines, size):
        """A request of so many lines, the last of them empty, each of 64 bytes or more."""
        first = b'GET / HTTP/1.1\r\n'
        rest = [b'%d: %s\r\n' % (i, b'x' * 60) for i in range(lines - 2)]
        long = size - len(first) - 2 - sum([len(line) for line in rest[1:]])
        rest[0] = b'y: %s\r\n' % (b'y' * (long - 5))
        return first + b''.join(rest) + b'\r\n'

    def test_bytes(self):
        WebSocket.max_header_size = 350
        size = 350 - (64 - 16) - (64 - 2)  # the first line and the last are short
        self.assertEqual(self.status(self.head(4, size))[0], 200)
        self.assertEqual(self.status(self.head(4, size + 1))[0], 400)
        self.assertEqual(self.printed, [])

    def test_each_line_takes_memory(self):
        WebSocket.max_header_size = 10 * 64
        request = b'GET / HTTP/1.1\r\n' + b''.join([b'%d: x\r\n' % i for i in range(8)])
        self.assertEqual(self.status(request + b'\r\n')[0], 200)
        self.assertEqual(self.status(request + b'y: x\r\n\r\n')[0], 400)
        self.assertEqual(self.printed, [])

    def test_a_line_that_does_not_end(self):
        """On CPython its StreamReader bounds it."""
        WebSocket.max_header_size = 150
        size = 200 if sys.implementation.name == 'micropython' else 1 << 17
        self.assertEqual(self.status(b'GET /' + b'x' * size)[0], 400)

    def test_a_body_does_not_count(self):
        WebSocket.max_header_size = 200
        request = b'POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n' + b'y' * 100
        self.assertEqual(self.status(request), (200, b"1 b'%s'" % (b'y' * 100)))

    def test_a_body_of_less_than_nothing(self):
        """MicroPython would read whatever comes, for as long as it comes."""
        for body in (b'', b'y' * 100):
            request = b'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n' + body
            self.assertEqual(self.status(request)[0], 400)
        self.assertEqual(self.printed, [])

    def test_what_reads_it_does_not_stay(self):
        async def main():
            ws, peer = await open_websocket()
            self.assertTrue(type(ws.request.sock[0]) is type(ws.request.stream))
            self.assertFalse(isinstance(ws.request.sock[0], upgrade.Stream))

        run(main())
