"""evict_idle: room for a new connection."""

import unittest

from connection import close_frame, frames_to, open_websocket
from frames import TEXT, close, frame
from memory_stream import run, settle
from microdot_websocket import WebSocket
from microdot_websocket.websocket import connections


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
            pairs = []
            for _ in range(3):
                pairs.append(await open_websocket())
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
            pairs = []
            for _ in range(3):
                pairs.append(await open_websocket())
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

        run(main())
