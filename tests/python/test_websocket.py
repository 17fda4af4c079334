"""The WebSocket class over memory streams: what it receives. How it sends and how it ends is in
test_websocket_send.py and test_websocket_close.py."""

import asyncio
import unittest

from capacity import LARGE, SMALL
from connection import close_frame, end_of, frames_to, open_websocket
from frames import BINARY, CONT, PING, PONG, TEXT, frame, header, pattern
from memory_stream import is_read_by_asyncio, noted_reads, run, settle, turns_beside
from microdot.microdot import Request
from microdot_websocket import WebSocket, WebSocketError
from scripted_stream import Stream


class TestReceive(unittest.TestCase):
    def test_messages(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(TEXT, 'é') + frame(BINARY, b'\x00') + frame(TEXT) + frame(BINARY))
            for expected in ('é', b'\x00', '', b''):
                data = await ws.receive()
                self.assertEqual(data, expected)
                self.assertIs(type(data), type(expected))
            self.assertEqual(peer.sent, b'')

        run(main())

    def test_large_message_in_pieces(self):
        async def main():
            ws, peer = await open_websocket(max_message_length=0)
            payload = pattern(LARGE)
            data = frame(BINARY, payload)
            piece = LARGE // 7
            task = asyncio.create_task(ws.receive())
            for i in range(0, len(data), piece):
                peer.feed(data[i : i + piece])
                await settle()
            self.assertEqual(await task, payload)

        run(main())

    def test_what_has_come_is_read_without_waiting_but_others_get_their_turn(self):
        """However much it is, and wherever in a frame the reads end."""

        n = 80 if SMALL else 150

        async def receive_all(ws):
            for _ in range(n):
                self.assertEqual(len(await ws.receive()), 64)

        async def main(size):
            ws, peer = await open_websocket(read_buffer_size=size)
            peer.feed(frame(BINARY, bytes(64)) * n)  # of 70 bytes each
            turns = await turns_beside(receive_all(ws))
            # asyncio reads to the extension's buffer, and between two reads lets other tasks run.
            least = 1 if is_read_by_asyncio(peer) else n // 75
            self.assertTrue(least <= turns <= 10, turns)

        for size in (139, 140):
            run(main(size))

    def test_no_second_read_after_one_that_left_room(self):
        async def main():
            ws, peer = await open_websocket()
            with noted_reads(peer) as reads:
                for i in range(4):
                    task = asyncio.create_task(ws.receive())
                    await settle()
                    peer.feed(frame(TEXT, 'x'))
                    self.assertEqual(await task, 'x')
                    # The first tries to; each reads once it has waited.
                    first = 1 if is_read_by_asyncio(peer) else 2
                    self.assertEqual(len(reads), first if i == 0 else 1)
                    for n in reads:
                        self.assertTrue(0 <= ws.read_buffer_size - n <= 2, n)
                    reads.clear()

        run(main())

    def test_pings_are_answered_and_pongs_ignored(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(PING, b'a') + frame(PONG, b'b') + frame(TEXT, 'x', fin=False))
            peer.feed(frame(PING, b'c' * 125) + frame(PING) + frame(CONT, 'y'))
            self.assertEqual(await ws.receive(), 'xy')
            pongs = [(0x8A, b'a'), (0x8A, b'c' * 125), (0x8A, b'')]
            self.assertEqual(frames_to(peer), pongs)

        run(main())

    def test_cancelling_loses_nothing(self):
        async def main():
            ws, peer = await open_websocket(max_message_length=0)
            payload = pattern(3000)
            data = frame(BINARY, payload)
            for i in range(0, len(data), 299):
                task = asyncio.create_task(ws.receive())
                await settle()
                task.cancel()
                await settle()
                peer.feed(data[i : i + 299])
            self.assertEqual(await ws.receive(), payload)

        run(main())

    def test_only_one_task_may_receive(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(ws.receive())
            await settle()
            with self.assertRaises(RuntimeError):
                await ws.receive()
            peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await task, 'x')
            # Nor while the first one waits for its pong to go out.
            peer.give_room(0)
            peer.feed(frame(PING, b'p') + frame(TEXT, 'y'))
            task = asyncio.create_task(ws.receive())
            await settle()
            with self.assertRaises(RuntimeError):
                await ws.receive()
            peer.give_room(None)
            self.assertEqual(await task, 'y')

        run(main())


class Socket(Stream):
    """A stream that notes what is set on it."""

    def __init__(self, error=None):
        super().__init__()
        self.options = []
        self.refuses = error

    def setsockopt(self, *option):
        self.options.append(option)
        if self.refuses:
            raise self.refuses


class Writer:
    """What MicroPython's asyncio.Stream has."""

    def __init__(self, stream):
        self.s = stream


class TestOpen(unittest.TestCase):
    def test_small_frames_do_not_wait_for_acknowledgements(self):
        for error in (None, OSError(92), ValueError(), AttributeError()):
            socket = Socket(error)
            WebSocket(None).open((None, Writer(socket)), None, 0)
            self.assertEqual(socket.options, [(6, 1, 1)])  # IPPROTO_TCP, TCP_NODELAY

    def test_a_stream_without_options(self):
        ws = WebSocket(None)
        ws.open((None, Writer(Stream())), None, 0)
        self.assertTrue(ws.protocol is not None)


class TestLimit(unittest.TestCase):
    def setUp(self):
        self.max_body_length = Request.max_body_length

    def tearDown(self):
        Request.max_body_length = self.max_body_length
        WebSocket.max_message_length = -1

    def ends(self, data, expected, **attributes):
        """What receive() gives for `data`: its length, or the code that it is refused with."""

        async def main():
            ws, peer = await open_websocket(close_timeout=0, **attributes)
            peer.feed(data)
            try:
                self.assertEqual(len(await ws.receive()), expected)
            except WebSocketError as exc:
                self.assertEqual(exc.code, expected)
                self.assertEqual(frames_to(peer), [close_frame(1009, 'message too big')])

        run(main())

    def test_minus_one_takes_max_body_length(self):
        Request.max_body_length = 10
        self.ends(frame(BINARY, bytes(10)), 10)
        self.ends(frame(BINARY, bytes(11)), 1009)
        Request.max_body_length = 0  # as Microdot's documentation has it for streamed bodies
        self.ends(frame(BINARY, bytes(1)), 1009)
        self.ends(frame(BINARY), 0)

    def test_max_body_length_is_that_of_the_handshake(self):
        async def main():
            Request.max_body_length = 10
            ws, peer = await open_websocket(close_timeout=0)
            Request.max_body_length = 1000
            peer.feed(frame(BINARY, bytes(10)) + frame(BINARY, bytes(11)))
            self.assertEqual(await ws.receive(), bytes(10))
            self.assertEqual((await end_of(ws.receive()))[0], 1009)

        run(main())

    def test_zero_disables_the_check(self):
        Request.max_body_length = 10
        self.ends(frame(BINARY, bytes(LARGE)), LARGE, max_message_length=0)

    def test_class_attribute(self):
        WebSocket.max_message_length = 5
        self.ends(frame(TEXT, 'x' * 5), 5)
        self.ends(frame(TEXT, 'x' * 6), 1009)
        self.ends(frame(TEXT, 'x' * 3, fin=False) + frame(CONT, 'x' * 3), 1009)

    def test_class_attribute_is_for_connections_from_then_on(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            WebSocket.max_message_length = 1
            peer.feed(frame(TEXT, 'xx') * 2)
            self.assertEqual(await ws.receive(), 'xx')
            ws.max_message_length = 1
            self.assertEqual((await end_of(ws.receive()))[0], 1009)

        run(main())

    def test_attribute_of_one_connection(self):
        self.ends(frame(TEXT, 'x' * 5), 1009, max_message_length=4)

    def test_refused_before_the_payload(self):
        for length in (101, 1 << 29, 1 << 40, 1 << 63):
            self.ends(header(BINARY, length), 1009, max_message_length=100)


class TestFragments(unittest.TestCase):
    def test_max_fragments(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0, max_fragments=3)
            message = frame(TEXT, fin=False) + frame(CONT, 'x', fin=False)
            peer.feed(message + frame(CONT, 'y'))
            self.assertEqual(await ws.receive(), 'xy')
            peer.feed(message + frame(CONT, fin=False) * 2)
            self.assertEqual(await end_of(ws.receive()), (1008, 'too many fragments'))
            self.assertEqual(frames_to(peer), [close_frame(1008, 'too many fragments')])

        run(main())

    def test_it_counts_at_the_handshake(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            ws.max_fragments = 1
            ws.read_buffer_size = 1 << 20
            with noted_reads(peer) as reads:
                peer.feed(frame(TEXT, 'x', fin=False) + frame(CONT, 'y', fin=False) + frame(CONT))
                self.assertEqual(await ws.receive(), 'xy')
                self.assertLessEqual(max(reads), WebSocket.read_buffer_size)

        run(main())

    def test_the_default_is_a_limit(self):
        self.assertTrue(0 < WebSocket.max_fragments < 1 << 20)


class TestError(unittest.TestCase):
    def test_text(self):
        self.assertEqual(str(WebSocketError('bye', 1001)), 'bye (close code 1001)')
        self.assertEqual(str(WebSocketError('', 1005)), 'connection closed (close code 1005)')
        self.assertIn("WebSocketError('x (close code 1006)'", repr(WebSocketError('x')))
