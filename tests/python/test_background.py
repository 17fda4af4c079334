"""A handler that does not receive: pings and the Close are answered, its messages are kept."""

import asyncio
import unittest

from connection import close_frame, end_of, frames_to, open_websocket
from frames import BINARY, CONT, PING, PONG, TEXT, close, frame, pattern
from memory_stream import milliseconds, run, settle
from microdot import Request
from microdot_websocket import WebSocket, WebSocketError
from microdot_websocket.features.post import post
from microdot_websocket.group import Group

COMPRESSED = 4  # RSV1


async def unattended(data=b'', **attributes):
    """(ws, peer): what reads for the handler has begun to, and `data` has arrived."""
    ws, peer = await open_websocket(attended=False, **attributes)
    ws.poll(1000)
    await settle()
    peer.feed(data)
    await settle()
    return ws, peer


async def answers_ping(peer):
    peer.feed(frame(PING))
    await settle()
    return frames_to(peer)[-1] == (0x8A, b'')


class TestControlFrames(unittest.TestCase):
    def test_pings_are_answered_within_a_second(self):
        async def main():
            ws, peer = await open_websocket(attended=False)
            await ws.send('x')
            peer.feed(frame(PING, b'p'))
            begin = milliseconds()
            while frames_to(peer)[-1:] != [(0x8A, b'p')]:
                await asyncio.sleep(0.05)
                self.assertTrue(milliseconds() - begin < 15000)
            for i in range(3):  # from then on at once
                peer.feed(frame(PING, b'%d' % i))
                await settle()
                self.assertEqual(frames_to(peer), [(0x8A, b'%d' % i)])

        run(main())

    def test_the_close_ends_the_handler(self):
        async def main():
            ws, peer = await unattended(close(3000, 'bye'))
            self.assertEqual(frames_to(peer), [close_frame(3000)])
            self.assertEqual(await end_of(ws.send('x')), (3000, 'bye'))
            self.assertEqual(await end_of(ws.receive()), (3000, 'bye'))

        run(main())

    def test_the_end_of_the_connection(self):
        async def main():
            ws, peer = await unattended()
            peer.fail(104)
            await settle()
            self.assertEqual(await end_of(ws.send('x')), (1006, 'connection lost'))

        run(main())

    def test_a_frame_that_breaks_a_rule(self):
        async def main():
            ws, peer = await unattended(frame(TEXT, b'\xff'), close_timeout=0)
            self.assertEqual(ws.close_code, 1007)
            self.assertEqual(len(frames_to(peer)), 1)

        run(main())

    def test_a_peer_that_is_gone_is_found_by_pings(self):
        async def main():
            ws, peer = await unattended(
                ping_interval=20, ping_timeout=10, options={'ping_interval': 20}
            )
            ws.poll(20000)
            self.assertEqual(frames_to(peer), [(0x80 | PING, b'')])
            peer.feed(frame(PONG))
            await settle()
            ws.poll(20000)
            self.assertFalse(ws.closed)
            ws.poll(9999)
            self.assertFalse(ws.closed)
            ws.poll(1)
            self.assertEqual((ws.close_code, ws.close_reason), (1006, 'ping timed out'))

        run(main())

    def test_its_ping_gets_the_pong(self):
        async def main():
            ws, peer = await unattended()
            task = asyncio.create_task(ws.ping(b'abc'))
            await settle()
            peer.feed(frame(PONG, b'abc'))
            self.assertTrue(await task >= 0)

        run(main())


class TestMessages(unittest.TestCase):
    def test_they_are_kept_in_order(self):
        async def main():
            ws, peer = await unattended(frame(TEXT, 'é') + frame(BINARY, b'b') + frame(TEXT))
            self.assertEqual(await ws.receive(), 'é')
            peer.feed(frame(PING, b'p') + frame(TEXT, 'c'))
            await settle()
            self.assertEqual(frames_to(peer), [(0x8A, b'p')])
            self.assertEqual(await ws.receive(), b'b')
            self.assertEqual(await ws.receive(), '')
            peer.feed(frame(TEXT, 'd'))
            self.assertEqual(await ws.receive(), 'c')
            self.assertEqual(await ws.receive(), 'd')
            task = asyncio.create_task(ws.receive())
            await settle()
            self.assertIs(ws.background, None)
            peer.feed(frame(TEXT, 'e'))
            self.assertEqual(await task, 'e')

        run(main())

    def test_also_those_before_the_end(self):
        async def main():
            ws, peer = await unattended(frame(TEXT, 'a') + frame(TEXT, 'b') + close(1000))
            self.assertTrue(ws.closed)
            self.assertEqual(await ws.receive(), 'a')
            self.assertEqual(await ws.receive(), 'b')
            self.assertEqual(await end_of(ws.receive()), (1000, ''))
            self.assertEqual(await end_of(ws.receive()), (1000, ''))

        run(main())

    def test_not_more_than_one_message_may_have(self):
        async def main():
            ws, peer = await unattended(max_message_length=500)
            for i in range(20):
                peer.feed(frame(BINARY, bytes([i]) * 100))
            peer.feed(frame(PING))
            await settle()
            self.assertEqual(frames_to(peer), [])  # it lies behind a message that is not read yet
            for i in range(20):
                self.assertEqual(await ws.receive(), bytes([i]) * 100)
            task = asyncio.create_task(ws.receive())
            await settle()
            self.assertEqual(frames_to(peer), [(0x8A, b'')])
            task.cancel()

        run(main())

    def test_empty_ones_take_memory_too(self):
        async def main():
            ws, peer = await unattended(frame(TEXT) * 50, max_message_length=320)
            peer.feed(frame(PING))
            await settle()
            self.assertEqual(frames_to(peer), [])
            for _ in range(50):
                self.assertEqual(await ws.receive(), '')

        run(main())

    def test_text_takes_its_bytes(self):
        async def main():
            ws, peer = await unattended(max_message_length=500)
            peer.feed(frame(TEXT, '€' * 166))  # of 498 bytes
            await settle()
            peer.feed(frame(PING))
            await settle()
            self.assertEqual(frames_to(peer), [])  # there is no room for another message
            self.assertEqual(await ws.receive(), '€' * 166)

        run(main())

    def test_pings_are_answered_where_no_message_may_come(self):
        async def main():
            length = Request.max_body_length
            Request.max_body_length = 0  # of an application that reads bodies as streams
            try:
                ws, peer = await unattended(frame(PING) + close(1000))
            finally:
                Request.max_body_length = length
            self.assertEqual(frames_to(peer), [(0x8A, b''), close_frame(1000)])
            self.assertEqual(ws.close_code, 1000)

        run(main())

    def test_a_silent_peer_is_not_dropped_while_nobody_reads(self):
        async def main():
            ws, peer = await unattended(max_message_length=50, options={'ping_interval': 20})
            peer.feed(frame(BINARY, bytes(40)) * 3)
            await settle()
            for _ in range(9):
                ws.poll(20000)
                peer.sent = bytearray()
            self.assertFalse(ws.closed)
            self.assertEqual(await ws.receive(), bytes(40))

        run(main())

    def test_long_and_fragmented_messages_are_left_to_the_handler(self):
        async def main():
            for data, payload in (
                (frame(BINARY, pattern(900)), pattern(900)),
                (frame(BINARY, b'ab', fin=False) + frame(CONT, b'c'), b'abc'),
            ):
                for buffer in (bytearray(900), bytearray(100)):
                    ws, peer = await unattended(frame(TEXT, 'x') + data, max_message_length=600)
                    peer.feed(frame(TEXT, 'y'))
                    self.assertFalse(ws.closed)
                    self.assertEqual(await ws.receive(), 'x')
                    received = b''
                    async for piece in ws.stream(buffer):
                        received += bytes(piece)
                    self.assertEqual(received, payload)
                    self.assertEqual(ws.message_type, BINARY)
                    self.assertEqual(await ws.receive(), 'y')

        run(main())

    def test_kept_ones_into_a_buffer(self):
        async def main():
            data = frame(TEXT, 'é' * 20), frame(BINARY, b'abc'), frame(TEXT), frame(TEXT, 'xyz')
            ws, peer = await unattended(b''.join(data))
            buffer = bytearray(50)
            self.assertEqual(await ws.receive_into(buffer), 40)
            self.assertEqual(bytes(buffer[:40]), 'é'.encode() * 20)
            self.assertEqual(ws.message_type, TEXT)
            self.assertEqual(await ws.receive_into(memoryview(buffer)[:3]), 3)
            self.assertEqual(ws.message_type, BINARY)
            self.assertEqual(await ws.receive_into(buffer), 0)
            self.assertEqual(ws.message_type, TEXT)
            self.assertEqual(await ws.receive(), 'xyz')

        run(main())

    def test_kept_ones_in_pieces(self):
        async def main():
            for size in (1, 3, 7, 100):
                data = frame(TEXT, 'abcdefg') + frame(BINARY) + frame(BINARY, b'xyz')
                ws, peer = await unattended(data)
                buffer = bytearray(size)
                for payload, kind in ((b'abcdefg', TEXT), (b'', BINARY), (b'xyz', BINARY)):
                    received = []
                    async for piece in ws.stream(buffer):
                        received.append(bytes(piece))
                    self.assertEqual(b''.join(received), payload)
                    self.assertTrue(all(len(piece) == size for piece in received[:-1]))
                    self.assertEqual(ws.message_type, kind)
                peer.feed(frame(TEXT, 'next'))
                self.assertEqual(await ws.receive(), 'next')

        run(main())

    def test_one_that_is_longer_than_the_buffer(self):
        async def main():
            ws, _ = await unattended(frame(TEXT, 'abcdefg'), close_timeout=0)
            end = await end_of(ws.receive_into(bytearray(6)))
            self.assertEqual(end, (1009, 'message too big'))

        run(main())

    def test_a_handler_that_receives_now_and_then(self):
        async def main():
            ws, peer = await unattended()
            got = []
            for i in range(40):
                peer.feed(frame(TEXT, '%d' % i) + (frame(PING) if i % 3 else b''))
                await settle(i % 5)
                if i % 4 == 0:
                    try:
                        got.append(await ws.receive(timeout=0.01))
                    except asyncio.TimeoutError:
                        pass
                if i % 7 == 0:
                    ws.poll(1000)
                    ws.poll(1000)
            while len(got) < 40:
                got.append(await ws.receive())
            self.assertEqual(got, ['%d' % i for i in range(40)])

        run(main())


class TestWhen(unittest.TestCase):
    def test_not_for_a_handler_that_receives(self):
        async def main():
            ws, peer = await open_websocket(attended=False)
            task = asyncio.create_task(ws.receive())
            await settle()
            self.assertIs(ws.expires, None)
            peer.feed(frame(TEXT, 'x'))
            await task
            await ws.send('y')
            task = asyncio.create_task(ws.receive())
            await settle()
            self.assertIs(ws.expires, None)
            self.assertIs(ws.background, None)
            task.cancel()

        run(main())

    def test_for_one_that_only_sends_since_a_message(self):
        async def main():
            group = Group()

            async def post_to(ws, data):
                self.assertTrue(post(ws, data, TEXT))

            async def send_to_all(ws, data):
                group.add(ws)
                await group.send(data)

            for send in (WebSocket.send, post_to, send_to_all):
                ws, peer = await open_websocket()
                peer.feed(frame(TEXT, 'login'))
                await ws.receive()
                await send(ws, '1')
                self.assertIs(ws.expires, None)
                await send(ws, '2')
                self.assertTrue(ws.expires is not None)
                ws.poll(1000)
                await settle()
                self.assertTrue(await answers_ping(peer))

        run(main())

    def test_for_one_that_sends_what_has_to_wait(self):
        """Messages in fragments, behind others, or longer than the system takes at once."""

        async def main():
            async def in_fragments(ws, peer):
                await ws.send_stream(['1', '2'])

            async def behind_others(ws, peer):
                peer.give_room(5)
                tasks = [asyncio.create_task(ws.send('x' * 10)) for _ in range(3)]
                await settle()
                peer.give_room(None)
                for task in tasks:
                    await task

            async def long(ws, peer):
                peer.give_room(5)
                task = asyncio.create_task(ws.send('x' * 10))
                await settle()
                peer.give_room(None)
                await task

            for send in (in_fragments, behind_others, long):
                ws, peer = await open_websocket()
                peer.feed(frame(TEXT, 'login'))
                await ws.receive()
                await send(ws, peer)
                for _ in range(2):
                    ws.poll(1000)
                    await settle()
                self.assertTrue(await answers_ping(peer))

        run(main())

    def test_not_while_a_message_waits(self):
        """Who does not take the replies is not read from: the system's buffers fill up instead."""

        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(TEXT, 'x' * 10))

            async def echo():
                while True:
                    await ws.send(await ws.receive())

            task = asyncio.create_task(echo())
            for n in (8, 20):
                peer.give_room(n)
                await settle()
                for _ in range(3):
                    ws.poll(1000)
                    await settle()
                    self.assertIs(ws.background, None)
                peer.feed(frame(TEXT, 'x' * 10))
            task.cancel()

        run(main())

    def test_not_in_the_middle_of_a_message_of_the_handlers(self):
        async def main():
            data = frame(BINARY, pattern(300))
            ws, peer = await open_websocket(attended=False)
            peer.feed(data[:200])
            buffer = bytearray(400)
            for into in (None, buffer):
                with self.assertRaises(asyncio.TimeoutError):
                    await (ws.receive_into(into, 0) if into else ws.receive(0))
                ws.watch(1)
                ws.poll(2000)
                await settle()
                peer.feed(data[200:])
                if into:
                    self.assertEqual(await ws.receive_into(into), 300)
                else:
                    self.assertEqual(await ws.receive(), pattern(300))
                peer.feed(data[:200])

        run(main())

    def test_two_handlers(self):
        async def main():
            ws, peer = await unattended()
            task = asyncio.create_task(ws.receive())
            await settle()
            with self.assertRaises(RuntimeError):
                await ws.receive()
            peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await task, 'x')

        run(main())

    def test_two_handlers_at_the_same_time(self):
        async def main():
            ws, peer = await unattended()

            async def second():
                with self.assertRaises(RuntimeError):
                    await ws.receive()

            task = asyncio.create_task(ws.receive())
            await asyncio.create_task(second())
            await settle()
            peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await task, 'x')

        run(main())

    def test_no_memory_for_a_message(self):
        async def main():
            class Messages(list):
                def append(self, message):
                    raise MemoryError

            ws, peer = await unattended()
            ws.background._messages = Messages()
            peer.feed(frame(TEXT, 'x'))
            await settle()
            self.assertEqual(await end_of(ws.receive()), (1006, 'out of memory'))

        run(main())

    def test_closing(self):
        async def main():
            ws, peer = await unattended(frame(TEXT, 'x'))
            task = asyncio.create_task(ws.close(4000))
            await settle()
            self.assertEqual(frames_to(peer), [close_frame(4000)])
            peer.feed(close(4000))
            await task
            self.assertEqual(await ws.receive(), 'x')
            with self.assertRaises(WebSocketError):
                await ws.receive()

        run(main())

    def test_no_memory_for_it(self):
        async def main():
            def no_memory(coroutine):
                coroutine.close()
                raise MemoryError

            ws, peer = await open_websocket(attended=False)
            create_task, asyncio.create_task = asyncio.create_task, no_memory
            try:
                with self.assertRaises(MemoryError):
                    ws.poll(1000)
            finally:
                asyncio.create_task = create_task
            peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await ws.receive(), 'x')
            ws.watch(1)
            ws.poll(1000)
            peer.feed(frame(PING))
            await settle()
            self.assertEqual(frames_to(peer), [(0x8A, b'')])

        run(main())
