"""evict_idle: room for a new connection."""

import asyncio
import unittest

from connection import close_frame, frames_to, open_websocket
from frames import TEXT, close, frame
from memory_stream import run, settle
from microdot_websocket import WebSocket
from microdot_websocket.websocket import connections

_OPEN = 1
_CLOSING = 2


async def opened(n):
    pairs = []
    for _ in range(n):
        pairs.append(await open_websocket())
    return pairs


class TestEviction(unittest.TestCase):
    def setUp(self):
        self.saved = WebSocket.max_connections
        WebSocket.max_connections = 3
        WebSocket.evict_idle = True

    def tearDown(self):
        WebSocket.max_connections = self.saved
        WebSocket.evict_idle = False

    def test_instead_the_longest_idle_is_closed(self):
        async def main():
            pairs = await opened(3)
            for i in (1, 2, 0, 1):
                pairs[i][1].feed(frame(TEXT, 'x'))
                self.assertEqual(await pairs[i][0].receive(), 'x')
            for idle in (2, 0, 1):
                ws, peer = await open_websocket()
                peer.feed(frame(TEXT, 'x'))
                await ws.receive()
                await settle()
                for i, pair in enumerate(pairs):
                    self.assertEqual(frames_to(pair[1]), [close_frame(1013)] if i == idle else [])
                pairs[idle][1].feed(close(1013))
                await settle()
                self.assertEqual(len(connections), 3)

        run(main())

    def test_all_are_closing_already(self):
        async def main():
            pairs = await opened(3)
            for ws, _ in pairs:
                await ws.send(b'\x03\xe8', WebSocket.CLOSE)
            await open_websocket()
            await settle()
            for _, peer in pairs:
                self.assertEqual(frames_to(peer), [close_frame(1000)])

        run(main())

    def test_each_new_one_needs_a_place(self):
        """Also while the one before still waits for its Close."""

        async def main():
            pairs = []
            for _ in range(6):
                pairs.append(await open_websocket())
                await settle()
            codes = [frames_to(peer) for _, peer in pairs]
            self.assertEqual(codes, [[close_frame(1013)]] * 3 + [[]] * 3)
            # Of those before, one may still wait for its Close.
            self.assertEqual([ws.state for ws in connections], [_CLOSING] + [_OPEN] * 3)

        run(main())

    def test_many_at_once(self):
        async def main():
            pairs = await opened(3)
            tasks = [asyncio.create_task(open_websocket()) for _ in range(3)]
            for task in tasks:
                await task
            await settle()
            self.assertEqual([ws.state for ws, _ in pairs], [_CLOSING] * 3)
            for _, peer in pairs:
                self.assertEqual(frames_to(peer), [close_frame(1013)])
            await open_websocket()
            await settle()
            self.assertEqual([ws.state for ws in connections], [_CLOSING] + [_OPEN] * 3)

        run(main())

    def test_one_that_closes_leaves_its_place_first(self):
        async def main():
            pairs = await opened(3)
            await pairs[1][0].send(b'\x03\xe8', WebSocket.CLOSE)
            await open_websocket()
            await settle()
            self.assertEqual([ws.state for ws in connections], [_OPEN] * 3)
            self.assertFalse(pairs[0][0].closed or pairs[2][0].closed)

        run(main())
