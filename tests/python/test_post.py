"""Frames that nobody waits for."""

import asyncio
import unittest

from connection import end_of, frames_to, open_websocket
from frames import PING, TEXT, frame
from memory_stream import run, settle
from microdot_websocket.features.post import post

FIN = 0x80


class TestPost(unittest.TestCase):
    def test_at_once(self):
        async def main():
            ws, peer = await open_websocket()
            self.assertTrue(post(ws, 'x', TEXT))
            self.assertTrue(post(ws, b'p', PING))
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x'), (FIN | PING, b'p')])

        run(main())

    def test_it_goes_on_by_itself(self):
        async def main():
            ws, peer = await open_websocket()
            peer.give_room(3)
            data = bytearray(b'x' * 100)
            self.assertTrue(post(ws, data, TEXT))
            await settle()
            self.assertFalse(post(ws, 'y', TEXT))  # that waits: this was not taken
            task = asyncio.create_task(ws.send('z'))
            peer.give_room(None)
            await task
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x' * 100), (FIN | TEXT, b'z')])
            self.assertTrue(post(ws, 'w', TEXT))
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'w')])

        run(main())

    def test_behind_what_is_corked(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(TEXT, 'x') * 9)
            await ws.receive()
            for i in range(5):
                await ws.send('%d' % i)
                self.assertTrue(post(ws, 'p%d' % i, TEXT))
            await settle()
            expected = []
            for i in range(5):
                expected += [(FIN | TEXT, b'%d' % i), (FIN | TEXT, b'p%d' % i)]
            self.assertEqual(frames_to(peer), expected)
            self.assertTrue(post(ws, 'alone', TEXT))  # with nothing behind it
            await settle()
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'alone')])

        run(main())

    def test_not_between_fragments(self):
        async def main():
            ws, peer = await open_websocket()
            posted = []

            def chunks():
                yield 'a'
                posted.append(post(ws, 'x', TEXT))
                yield 'b'

            await ws.send_stream(chunks())
            self.assertEqual(posted, [False])
            self.assertTrue(post(ws, 'x', TEXT))

        run(main())

    def test_no_memory_for_what_waits(self):
        async def main():
            def no_memory(coroutine):
                coroutine.close()
                raise MemoryError

            ws, peer = await open_websocket()
            peer.give_room(3)
            create_task, asyncio.create_task = asyncio.create_task, no_memory
            try:
                self.assertFalse(post(ws, b'x' * 100, TEXT))
            finally:
                asyncio.create_task = create_task
            self.assertEqual(await end_of(ws.receive()), (1006, 'connection lost'))

        run(main())

    def test_a_connection_that_breaks(self):
        async def main():
            ws, peer = await open_websocket()
            peer.fail(104)
            self.assertFalse(post(ws, 'x', TEXT))
            self.assertEqual(await end_of(ws.receive()), (1006, 'connection lost'))
            self.assertFalse(post(ws, 'x', TEXT))

            ws, peer = await open_websocket()
            peer.give_room(3)
            self.assertTrue(post(ws, b'x' * 100, TEXT))
            await settle()
            peer.fail(104)
            await settle()
            self.assertEqual(await end_of(ws.receive()), (1006, 'connection lost'))

        run(main())
