"""send_json() and receive_json()."""

import asyncio
import unittest

from capacity import SMALL
from connection import close_frame, end_of, frames_to, open_websocket
from frames import BINARY, TEXT, close, frame
from memory_stream import run

FIN = 0x80
OBJECTS = {'temp': 21.5, 'on': True}, [1, -2, None], 'é', 3, None, False, {}, []


class TestSend(unittest.TestCase):
    def test_an_object_is_a_text_message(self):
        async def main():
            ws, peer = await open_websocket()
            for obj, text in (
                ({'a': 1}, '{"a": 1}'),
                (['x', None], '["x", null]'),
                (True, 'true'),
                ('é😀', '"é😀"'),
            ):
                await ws.send_json(obj)
                self.assertEqual(frames_to(peer), [(FIN | TEXT, text.encode())])

        run(main())

    def test_on_a_closed_connection(self):
        async def main():
            ws, peer = await open_websocket()
            ws.abort()
            self.assertEqual(await end_of(ws.send_json(1)), (1006, 'connection lost'))

        run(main())


class TestReceive(unittest.TestCase):
    def test_what_one_end_sends_the_other_receives(self):
        async def main():
            ws, peer = await open_websocket()
            for obj in OBJECTS:
                await ws.send_json(obj)
                ((_, payload),) = frames_to(peer)
                for opcode in (TEXT, BINARY):
                    peer.feed(frame(opcode, payload))
                    self.assertEqual(await ws.receive_json(), obj)

        run(main())

    def test_no_json_is_a_value_error_and_the_connection_stays_open(self):
        async def main():
            ws, peer = await open_websocket()
            for opcode, payload in (
                (TEXT, ''),
                (TEXT, ' '),
                (TEXT, 'hello'),
                (TEXT, '{"a": 1} {}'),
                (TEXT, '\x00'),
                (BINARY, b''),
                (BINARY, b'"\xff"'),
                (BINARY, b'"\x00a"'),  # UTF-16
            ):
                peer.feed(frame(opcode, payload))
                with self.assertRaises(ValueError):
                    await ws.receive_json()
                self.assertFalse(ws.closed)
            peer.feed(frame(TEXT, '1'))
            self.assertEqual(await ws.receive_json(), 1)
            self.assertEqual(frames_to(peer), [])

        run(main())

    def test_lists_in_lists_end_no_more_than_the_message(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(TEXT, '[' * (300 if SMALL else 8000) + 'x'))
            with self.assertRaises(ValueError):
                await ws.receive_json()
            self.assertFalse(ws.closed)

        run(main())

    def test_limits(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            with self.assertRaises(asyncio.TimeoutError):
                await ws.receive_json(timeout=0)
            peer.feed(frame(TEXT, '[1]') + frame(TEXT, '[12]'))
            self.assertEqual(await ws.receive_json(max_message_length=3), [1])
            self.assertEqual(
                await end_of(ws.receive_json(max_message_length=3)), (1009, 'message too big')
            )

        run(main())

    def test_the_end_of_the_connection(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(close(3000, 'bye'))
            self.assertEqual(await end_of(ws.receive_json()), (3000, 'bye'))
            self.assertEqual(frames_to(peer), [close_frame(3000)])

        run(main())
