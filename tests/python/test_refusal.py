"""What a client can tell of the response that has refused it."""

import asyncio
import unittest

from capacity import SMALL
from memory_stream import run, settle
from microdot_websocket import WebSocketError
from microdot_websocket.client import connect
from microdot_websocket.features.refusal import refused
from network import URL, Network, is_closed


async def answer(network, pieces, end):
    await settle()
    for piece in pieces:
        network.peer.feed(piece)
        await settle(2)
        while len(network.peer.incoming) > 1000:  # a board reads it piece by piece
            await settle(1)
    if end:
        network.peer.end()


async def refusal(*pieces, end=False):
    """The WebSocketError that such a response leads to."""
    with Network() as network:
        asyncio.create_task(answer(network, pieces, end))
        try:
            await connect(URL)
        except WebSocketError as exc:
            await settle(3)
            assert is_closed(network.peer)
            return exc
        raise AssertionError


class Head:
    """In place of a Stream whose time has run out, or whose task was cancelled by another."""

    def __init__(self, done):
        self.done = done
        self.reader = self
        self.pieces = [b'nob']

    async def read(self, n):
        if self.pieces:
            return self.pieces.pop()
        raise asyncio.CancelledError


class TestRefusal(unittest.TestCase):
    def test_headers(self):
        head = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n'
        exc = run(refusal(head))
        self.assertEqual((exc.status_code, exc.code, exc.body), (401, 1006, b''))
        for name in ('WWW-Authenticate', 'www-authenticate'):
            self.assertEqual(exc.headers[name], 'Basic realm=x')
        self.assertEqual(exc.reason, 'the server refused: HTTP/1.1 401 No')

    def test_many_headers(self):
        """Of a server that sends more than a board has memory for."""

        async def main():
            line = b'%d: ' + b'x' * 1900 + b'\r\n'
            count = 3 if SMALL else 20
            head = [b'HTTP/1.1 403 No\r\n'] + [line % i for i in range(count)]
            exc = await refusal(*head, b'Location: y\r\n\r\n', end=True)
            self.assertEqual(sorted(exc.headers), ['0', '1', 'Location'])

        run(main())

    def test_bodies(self):
        async def main():
            long = bytes(range(256)) * 5
            for pieces, end, expected in (
                ((b'Content-Length: 5\r\n\r\n', b'hel', b'lo, more'), False, b'hello'),
                ((b'Content-Length: 5\r\n\r\n', b'hel'), True, b'hel'),
                ((b'Content-Length: 2000\r\n\r\n', long), False, long[:1024]),
                ((b'Content-Length: -1\r\n\r\n', b'x'), False, b''),
                ((b'Content-Length: x\r\n\r\n', b'x'), False, b''),
                ((b'\r\n', b'until', b' its end'), True, b'until its end'),
                ((b'\r\n', long), False, long[:1024]),
                ((b'\r\n',), True, b''),
            ):
                exc = await refusal(b'HTTP/1.1 404 No\r\n', *pieces, end=end)
                self.assertEqual((exc.status_code, exc.body), (404, expected))

        run(main())

    def test_chunks(self):
        async def main():
            for pieces, expected in (
                ((b'5\r\nhello\r\n', b'2;x=y\r\n, \r\n0\r\n\r\n'), b'hello, '),
                ((b'400\r\n', b'x' * 1024, b'\r\n', b'5\r\nhello\r\n'), b'x' * 1024),
                ((b'fffff\r\n', b'x' * 1100), b'x' * 1024),
                ((b'5\r\nhello\r\n', b'rubbish\r\n'), b'hello'),
                ((b'0\r\n\r\n',), b''),
            ):
                head = b'HTTP/1.1 404 No\r\nTransfer-Encoding: Chunked\r\n\r\n'
                exc = await refusal(head, *pieces, end=True)
                self.assertEqual(exc.body, expected)

        run(main())

    def test_without_a_body(self):
        async def main():
            for status in (b'HTTP/1.1 204 No', b'HTTP/1.1 304 Same', b'rubbish', b'HTTP/1.0 101 x'):
                exc = await refusal(status + b'\r\nX: y\r\n\r\n')
                self.assertEqual(exc.body, b'')

        run(main())

    def test_a_body_that_does_not_come(self):
        """The time for the handshake runs out: the refusal is told of."""

        async def main():
            exc = await refused(Head(True), 'HTTP/1.1 403 No', 403, {'Content-Length': '9'})
            self.assertEqual((exc.status_code, exc.body), (403, b'nob'))
            with self.assertRaises(asyncio.CancelledError):
                await refused(Head(False), 'HTTP/1.1 403 No', 403, {'Content-Length': '9'})

        run(main())

    def test_cancelled(self):
        async def main():
            with Network() as network:
                task = asyncio.create_task(connect(URL))
                await settle()
                network.peer.feed(b'HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\n')
                await settle()
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                await settle(3)
                self.assertTrue(is_closed(network.peer))

        run(main())

    def test_no_response_at_all(self):
        exc = run(refusal(b'HTTP/1.1 101 Yes\r\n\r\n'))
        self.assertEqual((exc.status_code, exc.reason), (0, "bad handshake: upgrade ''"))
