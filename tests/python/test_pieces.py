"""receive_into() and stream()."""

import asyncio
import unittest

from capacity import LARGE
from connection import close_frame, end_of, frames_to, open_websocket
from feeding import feed, open_small, pieces_of, split, ways
from frames import BINARY, CLOSE, CONT, PING, TEXT, frame, pattern
from memory_stream import run, settle
from microdot_websocket import WebSocketError

PONG = 0x8A


class TestPieces(unittest.TestCase):
    """In all the ways of feeding.py."""

    def check(self, data, size, expected, **attributes):
        async def main(data, step):
            ws, peer = await open_small(**attributes)
            return await pieces_of(ws, peer, data, step, size)

        for trailing, step in ways(data):
            with self.subTest(size=size, step=step, trailing=trailing):
                self.assertEqual(run(main(data + trailing, step)), expected)

    def test_sizes(self):
        for length in (1, 16, 17, 159, 160, 161, 320):
            payload = pattern(length)
            for size in (1, 16, 160, 1000):
                if length <= 10 * size:
                    self.check(frame(BINARY, payload), size, split(payload, BINARY, size))

    def test_empty(self):
        self.check(frame(BINARY), 4, [(BINARY, b'')])
        self.check(frame(TEXT, '', fin=False) + frame(CONT), 4, [(TEXT, b'')])

    def test_fragments_and_control_frames_between_them(self):
        data = (
            frame(BINARY, b'a' * 300, fin=False)
            + frame(PING, b'ping')
            + frame(CONT, b'', fin=False)
            + frame(CONT, b'b' * 20)
        )
        expected = split(b'a' * 300 + b'b' * 20, BINARY, 160)
        self.check(data, 160, expected + [(PONG, b'ping')])

    def test_text(self):
        text = 'a\u20ac' * 50
        expected = split(text.encode(), TEXT, 7)
        self.check(frame(TEXT, text), 7, expected)
        self.check(frame(TEXT, b'\xe2\x82'), 7, [('error', 1007)])
        self.check(frame(TEXT, b'abc\xff' + bytes(100)), 200, [('error', 1007)])

    def test_a_buffer_that_is_just_full(self):
        """That the message is complete may show only by a fragment more."""
        payload = pattern(300)
        data = frame(BINARY, payload[:200], fin=False) + frame(CONT, payload[200:])
        self.check(data, 300, [(BINARY, payload)])
        data = frame(BINARY, payload, fin=False) + frame(CONT)
        self.check(data, 300, [(BINARY, payload)])

    def test_the_rules_hold(self):
        for data in (frame(CONT, b'x'), frame(BINARY, b'x', rsv=4), frame(BINARY, b'x', key=None)):
            self.check(data, 16, [('error', 1002)])
        fragments = frame(BINARY, b'x', fin=False) * 2
        self.check(fragments, 16, [('error', 1002)])

    def test_too_many_fragments(self):
        data = frame(BINARY, b'x', fin=False) + frame(CONT, b'x', fin=False) * 2
        self.check(data, 16, [('error', 1008)], max_fragments=2)

    def test_a_message_that_is_left_in_the_middle(self):
        """The rest of it is passed over, for a buffer and for receive()."""
        long = frame(BINARY, pattern(500), fin=False) + frame(PING) + frame(CONT, pattern(100))

        async def main(step, left_after):
            ws, peer = await open_small()
            data = long + frame(TEXT, 'next') + frame(TEXT, 'last')
            task = asyncio.create_task(feed(peer, data, step))
            pieces = ws.stream(bytearray(100))
            for _ in range(left_after):
                await pieces.__anext__()
            got = []
            async for piece in ws.stream(bytearray(3)):
                got.append(bytes(piece))
            self.assertEqual(got, [b'nex', b't'])
            self.assertEqual(await ws.receive(), 'last')
            self.assertEqual(frames_to(peer), [(PONG, b'')])
            await task

        for _, step in ways(long):
            for left_after in (1, 2, 5):
                run(main(step, left_after))


class TestReceiveInto(unittest.TestCase):
    def test_messages(self):
        async def main():
            ws, peer = await open_websocket()
            buffer = bytearray(300)
            for payload in (b'', b'Hello', pattern(300)):
                peer.feed(frame(BINARY, payload))
                n = await ws.receive_into(buffer)
                self.assertEqual(bytes(buffer[:n]), payload)
                self.assertEqual(ws.message_type, ws.BINARY)
            peer.feed(frame(TEXT, 'é') + frame(TEXT, 'other'))
            self.assertEqual(await ws.receive_into(memoryview(buffer)[10:20]), 2)
            self.assertEqual(bytes(buffer[10:12]), 'é'.encode())
            self.assertEqual(ws.message_type, ws.TEXT)
            self.assertEqual(await ws.receive(), 'other')

        run(main())

    def test_too_long(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            peer.feed(frame(BINARY, bytes(11)))
            end = await end_of(ws.receive_into(bytearray(10)))
            self.assertEqual(end, (1009, 'message too big'))
            self.assertEqual(frames_to(peer), [close_frame(1009, 'message too big')])
            self.assertEqual(await end_of(ws.receive_into(bytearray(10))), end)

        run(main())

    def test_the_limit_is_the_buffer(self):
        payload = pattern(300)
        fragments = frame(BINARY, payload[:200], fin=False) + frame(CONT, payload[200:])
        ending = frame(BINARY, payload, fin=False) + frame(CONT)

        async def main(data, step, size):
            ws, peer = await open_small(max_message_length=10)
            task = asyncio.create_task(feed(peer, data, step))
            try:
                buffer = bytearray(size)
                self.assertEqual(await ws.receive_into(buffer), 300)
                self.assertEqual(bytes(buffer), payload)
            except WebSocketError as exc:
                self.assertEqual((exc.code, size), (1009, 299))
            else:
                self.assertEqual(size, 300)
            await task

        for data in (frame(BINARY, payload), fragments, ending):
            for _, step in ways(data):
                for size in (299, 300):
                    run(main(data, step, size))

    def test_bad_buffers(self):
        async def main():
            ws, peer = await open_websocket()
            for buffer, error in ((b'abc', TypeError), ('a', TypeError), (bytearray(), ValueError)):
                with self.assertRaises(error):
                    await ws.receive_into(buffer)
            peer.feed(frame(BINARY, b'x'))
            self.assertEqual(await ws.receive(), b'x')

        run(main())

    def test_cancelling_loses_nothing(self):
        async def main():
            ws, peer = await open_websocket()
            payload = pattern(3000)
            data = frame(BINARY, payload)
            buffer = bytearray(3000)
            for i in range(0, len(data), 299):
                task = asyncio.create_task(ws.receive_into(buffer))
                await settle()
                task.cancel()
                await settle()
                peer.feed(data[i : i + 299])
            self.assertEqual(await ws.receive_into(buffer), 3000)
            self.assertEqual(bytes(buffer), payload)

        run(main())

    def test_what_receive_has_begun(self):
        async def main():
            ws, peer = await open_websocket()
            data = frame(BINARY, b'x' * 200)
            task = asyncio.create_task(ws.receive())
            peer.feed(data[:100])
            await settle()
            with self.assertRaises(RuntimeError):
                await ws.receive_into(bytearray(300))
            task.cancel()
            await settle()
            with self.assertRaises(RuntimeError):
                await ws.receive_into(bytearray(300))
            peer.feed(data[100:])
            self.assertEqual(await ws.receive(), b'x' * 200)

        run(main())


class TestStream(unittest.TestCase):
    def test_a_message_longer_than_the_limit(self):
        async def main():
            ws, peer = await open_websocket(max_message_length=10)
            payload = pattern(LARGE)
            data = frame(BINARY, payload)

            async def feed():
                for i in range(0, len(data), 1000):
                    peer.feed(data[i : i + 1000])
                    await settle(2)

            task = asyncio.create_task(feed())
            at = 0
            async for piece in ws.stream(bytearray(512)):
                self.assertEqual(bytes(piece), payload[at : at + 512])
                at += len(piece)
            self.assertEqual(at, LARGE)
            self.assertEqual(ws.message_type, ws.BINARY)
            await task
            peer.feed(frame(TEXT, 'x' * 10) + frame(BINARY))
            self.assertEqual(await ws.receive(), 'x' * 10)
            async for _ in ws.stream(bytearray(512)):
                self.fail('a piece of an empty message')

        run(main())

    def test_leaving_early(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(BINARY, pattern(5000)) + frame(TEXT, 'next'))
            buffer = bytearray(1000)
            async for _ in ws.stream(buffer):
                break
            self.assertEqual(await ws.receive(), 'next')
            self.assertEqual(buffer, pattern(1000))

        run(main())

    def test_the_end_of_the_connection(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(BINARY, bytes(100), fin=False) + frame(CLOSE, b'\x03\xe8'))
            pieces = ws.stream(bytearray(60))
            self.assertEqual(len(await pieces.__anext__()), 60)
            self.assertEqual(await end_of(pieces.__anext__()), (1000, ''))

        run(main())
