"""receive_into() and stream() of compressed messages."""

import asyncio
import sys
import unittest

from capacity import LARGE
from connection import end_of, open_websocket, request_bytes
from deflated import Deflated, bomb, far
from feeding import open_small, pieces_of, split, ways
from frames import BINARY, CONT, PING, TEXT, frame, pattern
from memory_stream import run, settle
from microdot_websocket.features.compression import EXTENSION, Inflater


def compressed(opcode, payload, **options):
    return frame(opcode, Deflated().fixed(payload).message(), rsv=4, **options)


def fragments(opcode, payload):
    """In three, with a ping between them."""
    data = Deflated().stored(payload).message()
    first, second = len(data) // 3, len(data) // 2
    return (
        frame(opcode, data[:first], fin=False, rsv=4)
        + frame(CONT, data[first:second], fin=False)
        + frame(PING, b'p')
        + frame(CONT, data[second:])
    )


CPYTHON = sys.implementation.name == 'cpython'
SURE = Inflater(b'\x00', 9, 9).sure
PONG = 0x8A


class TestPieces(unittest.TestCase):
    def check(self, data, size, expected):
        async def main(data, step):
            request = request_bytes(Sec_WebSocket_Extensions=EXTENSION)
            ws, peer = await open_small(request, {'compression': True}, max_message_length=2000)
            return await pieces_of(ws, peer, data, step, size)

        for trailing, step in ways(data):
            with self.subTest(size=size, step=step, trailing=trailing):
                self.assertEqual(run(main(data + trailing, step)), expected)

    def test_sizes(self):
        for length in (1, 15, 16, 17, 500):
            payload = pattern(length)
            for size in (7, 16, 500, 501):
                expected = split(payload, BINARY, size)
                self.check(compressed(BINARY, payload), size, expected)
                self.check(fragments(BINARY, payload), size, expected + [(PONG, b'p')])

    def test_others_between(self):
        data = compressed(BINARY, b'ab') + frame(TEXT, 'cd')
        self.check(data, 5, [(BINARY, b'ab')])
        self.check(frame(PING, b'p') + frame(TEXT, 'cd'), 5, [(TEXT, b'cd'), (PONG, b'p')])

    def test_empty(self):
        self.check(compressed(BINARY, b''), 5, [(BINARY, b'')])
        self.check(frame(TEXT, rsv=4), 5, [(TEXT, b'')])

    def test_references_beyond_the_beginning(self):
        """Of what is not text nothing comes out; from C of text neither."""
        data = Deflated().fixed(b'abc', (3, 4)).message()
        for size in (2, 3, 100):
            for opcode in (TEXT, BINARY):
                whole = b'abc'[: 3 // size * size]  # pieces
                if not CPYTHON and (SURE or opcode == BINARY):
                    whole = b''
                expected = split(whole, opcode, size) + [('error', 1007)]
                self.check(frame(opcode, data, rsv=4), size, expected)

    def test_text(self):
        text = 'aé€😀'.encode()
        for size in (3, 4, 11):
            self.check(compressed(TEXT, text), size, split(text, TEXT, size))
        for bad in (b'abc\xff', b'abc\xc3'):
            pieces = [(TEXT, b'abc'), ('error', 1007)]
            self.check(compressed(TEXT, bad), 3, pieces)
        self.check(compressed(BINARY, b'\xff'), 3, [(BINARY, b'\xff')])

    def test_the_limit_of_what_is_gathered(self):
        data = frame(BINARY, pattern(3000), rsv=4)
        self.check(data, 10, [('error', 1009)])

    def test_errors(self):
        for data, code in (
            (frame(BINARY, b'\x07', rsv=4), 1007),
            (frame(BINARY, b'x', rsv=2), 1002),
            (frame(PING, b'x', rsv=4), 1002),
            (frame(CONT, b'x', rsv=4), 1002),
            (frame(BINARY, b'x', fin=False) + frame(CONT, b'x', rsv=4), 1002),
        ):
            self.check(data, 10, [('error', code)])


async def open_compressing(**attributes):
    request = request_bytes(Sec_WebSocket_Extensions=EXTENSION)
    return await open_websocket(request, {'compression': True}, **attributes)


class TestConnection(unittest.TestCase):
    def test_all_ways_to_receive(self):
        async def main():
            ws, peer = await open_compressing()
            buf = bytearray(20)
            for _ in range(3):
                peer.feed(compressed(TEXT, b'one'))
                self.assertEqual(await ws.receive(), 'one')
                peer.feed(compressed(TEXT, b'two') + frame(BINARY, b'three'))
                self.assertEqual(await ws.receive_into(buf), 3)
                self.assertEqual((buf[:3], ws.message_type), (b'two', TEXT))
                self.assertEqual(await ws.receive_into(buf), 5)
                self.assertEqual((buf[:5], ws.message_type), (b'three', BINARY))
                peer.feed(fragments(BINARY, pattern(50)) + frame(TEXT, 'four'))
                sizes = []
                async for piece in ws.stream(buf):
                    sizes.append(len(piece))
                self.assertEqual(sizes, [20, 20, 10])
                self.assertEqual(await ws.receive(), 'four')

        run(main())

    def test_others_run_while_a_stream_is_looked_at(self):
        """Which comes before its first piece; how long it takes, nobody knows."""

        async def main():
            ws, peer = await open_compressing()
            peer.feed(frame(BINARY, bomb(10 * 516), rsv=4))
            task = asyncio.create_task(ws.stream(bytearray(500)).__anext__())
            turns = 0
            while not task.done():
                await asyncio.sleep(0)
                turns += 1
            self.assertEqual(bytes(await task), b'x' * 500)
            self.assertTrue(turns >= 10 or SURE)

        run(main())

    def test_more_than_the_limit_in_pieces(self):
        async def main():
            ws, peer = await open_compressing(max_message_length=LARGE // 4)
            peer.feed(frame(BINARY, bomb(LARGE), rsv=4))
            total = 0
            async for piece in ws.stream(bytearray(500)):
                self.assertEqual(piece, b'x' * len(piece))
                total += len(piece)
            self.assertEqual(total, (LARGE - 1) // 258 * 258 + 1)
            data, expected = far(1000)
            peer.feed(frame(BINARY, data, rsv=4))
            got = b''
            async for piece in ws.stream(bytearray(333)):
                got += bytes(piece)
            self.assertEqual(got, expected)

        run(main())

    def test_leaving_early(self):
        async def main():
            ws, peer = await open_compressing()
            peer.feed(compressed(BINARY, pattern(50)) + compressed(TEXT, b'next') * 3)
            async for _ in ws.stream(bytearray(10)):
                break
            self.assertEqual(await ws.receive(), 'next')
            async for piece in ws.stream(bytearray(2)):
                self.assertEqual(piece, b'ne')
                break
            async for piece in ws.stream(bytearray(9)):
                self.assertEqual(piece, b'next')

        run(main())

    def test_cancelling_loses_nothing(self):
        async def main():
            ws, peer = await open_compressing()
            data = compressed(TEXT, b'message') * 3
            buf = bytearray(10)
            for first, then in (
                (ws.receive, ws.receive),
                (lambda: ws.receive_into(buf), ws.receive),
                (ws.receive, lambda: ws.receive_into(buf)),
            ):
                peer.feed(data[:11])
                task = asyncio.create_task(first())
                await settle()
                task.cancel()
                await settle()
                peer.feed(data[11 : len(data) // 3])
                self.assertIn(await then(), ('message', 7))

        run(main())

    def test_the_limit_is_the_buffer(self):
        async def main():
            for n in (9, 10, 11):
                for data in (compressed(BINARY, pattern(n)), fragments(BINARY, pattern(n))):
                    ws, peer = await open_compressing(close_timeout=0)
                    peer.feed(data)
                    buffer = bytearray(10)
                    if n <= 10:
                        self.assertEqual(await ws.receive_into(buffer), n)
                        self.assertEqual(bytes(buffer[:n]), pattern(n))
                    else:
                        end = await end_of(ws.receive_into(buffer))
                        self.assertEqual(end, (1009, 'message too big'))

        run(main())
