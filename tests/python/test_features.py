"""What of WebSocket is imported when it is first used."""

import asyncio
import sys
import unittest

from connection import end_of, frames_to, open_websocket
from frames import TEXT, frame
from memory_stream import run, settle
from microdot_websocket import WebSocket, features


class TestFeatures(unittest.TestCase):
    def test_each_name_when_it_is_first_used(self):
        """On CPython all are there from the beginning."""

        async def main():
            ws = WebSocket(None)
            for name in list(features.MODULES) + ['handshake']:
                self.assertTrue(callable(features.get(ws, name)))

        run(main())

    def test_every_name_is_there(self):
        async def main():
            ws = WebSocket(None)
            for name in features.MODULES:
                self.assertTrue(callable(getattr(ws, name)))
                self.assertTrue(name in dir(WebSocket))  # from now on

        run(main())

    def test_values_before_there_are_any(self):
        ws = WebSocket(None)
        for name in ('close_code', 'close_reason', 'subprotocol', 'message_type'):
            self.assertIs(getattr(ws, name), None)
        self.assertEqual((ws.ping_interval, ws.ping_timeout, ws.compression), (0, 20, False))

    def test_other_names(self):
        ws = WebSocket(None)
        self.assertFalse(hasattr(ws, 'recieve'))
        with self.assertRaises(AttributeError) as raised:
            ws.recieve  # noqa: B018
        self.assertIn("'recieve'", str(raised.exception))


class TestOfAConnection(unittest.TestCase):
    def test_an_id_of_its_own(self):
        one, other = WebSocket(None), WebSocket(None)
        self.assertTrue(one.id != other.id)
        self.assertEqual(one.id, one.id)
        self.assertTrue(WebSocket(None).id not in (one.id, other.id))

    def test_a_place_for_the_applications_own_data(self):
        """Microdot's own, and any attribute whose name begins with an underscore."""

        async def main():
            ws, peer = await open_websocket(options={'ping_interval': 20})
            other, _ = await open_websocket()
            peer.feed(frame(TEXT, 'x'))
            await ws.send(await ws.receive(timeout=20))
            names = [name for name in dir(ws) if name[0] == '_' != name[1]]
            for name in names:
                self.assertTrue(name.endswith('_frame') or name.endswith('_header'), name)
            ws.request.g.name = 'kitchen'
            ws._user = 'ann'
            self.assertEqual((ws.request.g.name, ws._user), ('kitchen', 'ann'))
            self.assertFalse(hasattr(other.request.g, 'name'))
            self.assertFalse(hasattr(other, '_user'))

        run(main())

    def test_bytes_that_wait(self):
        async def main():
            ws, peer = await open_websocket()
            self.assertEqual(ws.buffered_bytes, 0)
            await ws.send('x' * 10)
            self.assertEqual(ws.buffered_bytes, 0)
            peer.give_room(5)
            task = asyncio.create_task(ws.send('y' * 10))
            await settle()
            self.assertEqual(ws.buffered_bytes, 7)  # of 12
            peer.give_room(4)
            await settle()
            self.assertEqual(ws.buffered_bytes, 3)
            peer.give_room(None)
            await task
            self.assertEqual(ws.buffered_bytes, 0)
            peer.give_room(0)
            task = asyncio.create_task(end_of(ws.send('z')))
            await settle()
            self.assertEqual(ws.buffered_bytes, 3)
            ws.abort()
            self.assertEqual(ws.buffered_bytes, 0)
            await task
            self.assertEqual(len(frames_to(peer)), 2)

        run(main())
        self.assertEqual(WebSocket(None).buffered_bytes, 0)


class TestLimitOfOneMessage(unittest.TestCase):
    """``receive(max_message_length=)``"""

    def test_it_counts_for_that_message_only(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0, max_message_length=5)
            peer.feed(frame(TEXT, 'abc') + frame(TEXT, 'abcde') + frame(TEXT, 'abcdefgh') * 2)
            self.assertEqual(await ws.receive(max_message_length=3), 'abc')
            self.assertEqual(await ws.receive(), 'abcde')
            self.assertEqual(await ws.receive(max_message_length=8), 'abcdefgh')
            self.assertEqual(await end_of(ws.receive()), (1009, 'message too big'))

        run(main())

    def test_longer_ones_are_refused(self):
        async def main():
            for early, limit in ((True, 4), (False, 4), (True, 1)):
                ws, peer = await open_websocket(close_timeout=0)
                data = frame(TEXT, 'abcd\u00e9')
                if early:
                    peer.feed(data)
                task = asyncio.create_task(end_of(ws.receive(max_message_length=limit)))
                await settle()
                peer.feed(data)
                self.assertEqual(await task, (1009, 'message too big'))

        run(main())

    def test_with_a_timeout(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            peer.feed(frame(TEXT, 'abcd'))
            got = await end_of(ws.receive(timeout=5, max_message_length=3))
            self.assertEqual(got[0], 1009)

        run(main())

    def test_of_what_was_kept_while_nobody_received(self):
        async def main():
            ws, peer = await open_websocket(attended=False, close_timeout=0)
            ws.poll(1000)
            await settle()
            for text in ('abc', 'abc\u00e9', 'abc\u00e9', 'abc\u00e9'):
                peer.feed(frame(TEXT, text))
            await settle()
            self.assertEqual(await ws.receive(max_message_length=3), 'abc')
            self.assertEqual(await ws.receive(max_message_length=5), 'abc\u00e9')
            self.assertEqual(await ws.receive(max_message_length=-1), 'abc\u00e9')
            self.assertEqual(
                await end_of(ws.receive(max_message_length=4)), (1009, 'message too big')
            )

        run(main())


class TestNoMemory(unittest.TestCase):
    def test_no_memory_for_a_module(self):
        """Nothing is left of it, which MicroPython would take for a module that is whole."""

        def no_memory(*args):
            sys.modules['half_a_module'] = None
            raise MemoryError

        before = list(sys.modules)
        features.__import__ = no_memory
        try:
            with self.assertRaises(MemoryError):
                features.load('ping')
        finally:
            del features.__import__
        self.assertEqual([name for name in sys.modules if name not in before], [])
