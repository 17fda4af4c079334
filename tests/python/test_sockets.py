"""``connect(url, sock=...)`` over streams in memory; over sockets: tests/server/test_client.py."""

import asyncio
import unittest

from frames import TEXT, frame
from memory_stream import open_pair, run, settle
from microdot_websocket.client import connect
from network import Context, Network, is_closed, respond


class Opened(Network):
    """A pair of streams whose other end is `peer`."""

    def __init__(self):
        super().__init__()
        reader, writer, self.peer = open_pair()
        self.pair = reader, writer

    async def open(self):
        self.calls.append('open')
        return self.pair


async def hello(opened, url, sock):
    """The first message of a connection, once it is closed."""
    task = asyncio.create_task(connect(url, sock=sock, close_timeout=0, ssl=Context()))
    await settle()
    respond(opened, trailing=frame(TEXT, 'hello', key=None))
    ws = await task
    message = await ws.receive()
    await ws.close()
    await settle(3)
    return message


class TestPairs(unittest.TestCase):
    def test_a_pair(self):
        """Of streams that encrypt, if they are to: ``ssl`` is not looked at."""

        async def main():
            for url in ('ws://board.example/', 'wss://board.example/'):
                with Opened() as opened:
                    self.assertEqual(await hello(opened, url, opened.pair), 'hello')
                    self.assertEqual(opened.calls, [])
                    self.assertTrue(is_closed(opened.peer))

        run(main())

    def test_a_function(self):
        async def main():
            with Opened() as opened:
                self.assertEqual(await hello(opened, 'ws://a/', opened.open), 'hello')
                self.assertEqual(opened.calls, ['open'])
                self.assertTrue(is_closed(opened.peer))

        run(main())

    def test_a_function_that_fails(self):
        async def fail():
            raise OSError(113)

        async def main():
            with self.assertRaises(OSError):
                await connect('ws://a/', sock=fail)

        run(main())

    def test_a_pair_is_closed_after_a_refusal(self):
        async def main():
            with Opened() as opened:
                task = asyncio.create_task(connect('ws://a/', sock=opened.pair))
                await settle()
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                await settle(3)
                self.assertTrue(is_closed(opened.peer))

        run(main())

    def test_a_loop_needs_a_function(self):
        async def main():
            with Opened() as opened:
                with self.assertRaises(ValueError):
                    async for _ in connect('ws://a/', sock=opened.pair):
                        raise AssertionError

        run(main())
