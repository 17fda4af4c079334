"""WebSocket.send() over memory streams, and what the streams do for it."""

import asyncio
import unittest

from capacity import LARGE, fitting
from connection import close_frame, end_of, frames_to, open_websocket
from frames import BINARY, CLOSE, PING, PONG, TEXT, frame, pattern
from memory_stream import run, settle, turns_beside
from microdot_websocket import WebSocket


class TestSend(unittest.TestCase):
    def test_types(self):
        async def main():
            ws, peer = await open_websocket()
            await ws.send('é')
            await ws.send(b'\xff')
            await ws.send(bytearray(b'ab'))
            await ws.send(memoryview(b'abcd')[1:3])
            await ws.send('')
            await ws.send(b'')
            await ws.send('é', BINARY)
            await ws.send(b'ab', WebSocket.TEXT)
            await ws.send('é', 0)  # as none, in Microdot's own module too
            expected = [(0x81, 'é'.encode()), (0x82, b'\xff'), (0x82, b'ab'), (0x82, b'bc')]
            expected += [(0x81, b''), (0x82, b''), (0x82, 'é'.encode()), (0x81, b'ab')]
            expected.append((0x81, 'é'.encode()))
            self.assertEqual(frames_to(peer), expected)

        run(main())

    def test_lengths(self):
        async def main():
            ws, peer = await open_websocket()
            for n in fitting(0, 125, 126, 1023, 1024, 1025, 16383, 16385, 65535, 65536, LARGE):
                data = pattern(n)
                await ws.send(data)
                self.assertEqual(frames_to(peer), [(0x82, data)], n)
                text = 'é' * (n // 2)
                await ws.send(text)
                self.assertEqual(frames_to(peer), [(0x81, text.encode())], n)

        run(main())

    def test_small_frames_are_one_write(self):
        async def main():
            ws, peer = await open_websocket()
            for n in (0, 5, 125, 126, 1000):
                peer.writes = 0
                await ws.send(bytes(n))
                self.assertEqual(peer.writes, 1, n)

        run(main())

    def test_refused(self):
        async def main():
            ws, peer = await open_websocket()
            for data in (None, 5, 1.5, ['x'], ('x',), {}):
                with self.assertRaises(TypeError):
                    await ws.send(data)
            for opcode, data in (
                (PING, bytes(126)),
                (PONG, 'é' * 63),
                (CLOSE, bytes(126)),
                (3, b''),
                (11, b''),
                (15, b''),
                (0x40 | TEXT, b'x'),
                (0x80 | TEXT, b'x'),
                (0x80, b'x'),
                (0xC0 | BINARY, b'x'),
                (0x80 | PING, b''),
                (0x80 | CLOSE, b''),
                (-1, b''),
            ):
                with self.assertRaises(ValueError):
                    await ws.send(data, opcode)
            self.assertEqual(peer.sent, b'')
            self.assertFalse(ws.closed)
            await ws.send(bytes(125), PING)
            self.assertEqual(frames_to(peer), [(0x89, bytes(125))])

        run(main())

    def test_on_a_closed_connection(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            await ws.close(4000, 'done')
            self.assertEqual(await end_of(ws.send('x')), (4000, 'done'))
            self.assertEqual(await end_of(ws.receive()), (4000, 'done'))
            self.assertEqual(frames_to(peer), [close_frame(4000, 'done')])

        run(main())

    def test_full_buffer(self):
        async def main():
            ws, peer = await open_websocket()
            for n in (10, 1000, LARGE):
                for room in (0, 1, 2, 9, 600):
                    peer.give_room(room)
                    data = pattern(n)
                    task = asyncio.create_task(ws.send(data))
                    await settle()
                    while not task.done():
                        peer.give_room(max(n // 5, 3))
                        await settle(3)
                    await task
                    self.assertEqual(frames_to(peer), [(0x82, data)], (n, room))

        run(main())

    def test_many_tasks_with_a_full_buffer(self):
        async def main():
            ws, peer = await open_websocket()
            peer.give_room(5)
            sizes = (0, 3, 200, 1100, LARGE // 4)
            expected = []

            async def sender(i):
                for k in range(3):
                    data = bytes([i]) * sizes[(i + k) % 5] + bytes([k])
                    expected.append((0x82, data))
                    await ws.send(data)

            tasks = [asyncio.create_task(sender(i)) for i in range(5)]
            while not all([task.done() for task in tasks]):
                peer.give_room(777)
                await settle(2)
            for task in tasks:
                await task
            self.assertEqual(frames_to(peer), expected)  # none lost, none mixed, in order

        run(main())

    def test_a_peer_that_sends_nothing_any_more(self):
        """It may still read, and others run while it does not."""

        async def main():
            ws, peer = await open_websocket()
            peer.end()
            await settle()
            peer.give_room(5)
            task = asyncio.create_task(ws.send('x' * 2000))
            await settle()
            self.assertFalse(task.done())
            peer.give_room(None)
            await task
            self.assertEqual(frames_to(peer), [(0x81, b'x' * 2000)])
            self.assertEqual((await end_of(ws.receive()))[0], 1006)

        run(main())

    def test_cancelled_in_the_middle_of_a_frame(self):
        async def main():
            for n in (50, 900, LARGE):
                ws, peer = await open_websocket()
                peer.give_room(20)
                data = bytearray(b'x' * n)
                task = asyncio.create_task(ws.send(data))
                await settle()
                task.cancel()
                await settle()
                data[:] = b'y' * n  # it is the sender's again
                peer.give_room(None)
                await ws.send('next')
                sent = frames_to(peer)
                self.assertEqual(sent, [(0x82, b'x' * n), (0x81, b'next')], n)

        run(main())

    def test_cancelled_while_another_task_sends(self):
        async def main():
            ws, peer = await open_websocket()
            peer.give_room(1000)
            first = asyncio.create_task(ws.send(b'1' * 2000))
            await settle()
            data = bytearray(b'2' * 2000)
            second = asyncio.create_task(ws.send(data))
            await settle()
            second.cancel()  # it waits for its turn: nothing of it is sent
            await settle()
            data[:] = b'x' * 2000
            peer.give_room(None)
            await first
            await ws.send(b'3')
            self.assertEqual([p for _, p in frames_to(peer)], [b'1' * 2000, b'3'])

        run(main())

    def test_cancelling_a_receiver_or_a_sender_leaves_the_other_one_waiting(self):
        """MicroPython's IOQueue.remove() forgets both tasks that wait for a socket."""

        async def main():
            ws, peer = await open_websocket()
            peer.give_room(5)
            receiver = asyncio.create_task(ws.receive())
            sender = asyncio.create_task(ws.send(b'x' * 100))
            await settle()
            receiver.cancel()
            await settle()
            peer.give_room(None)
            await sender
            self.assertEqual(frames_to(peer), [(0x82, b'x' * 100)])

            peer.give_room(5)
            receiver = asyncio.create_task(ws.receive())
            sender = asyncio.create_task(ws.send(b'x' * 100))
            await settle()
            sender.cancel()
            await settle()
            peer.feed(frame(TEXT, 'got'))
            self.assertEqual(await receiver, 'got')

        run(main())

    def test_a_sender_lets_other_tasks_run(self):
        async def main():
            ws, _ = await open_websocket()

            async def send_all():
                for _ in range(200):
                    await ws.send(b'x')

            turns = await turns_beside(send_all())
            self.assertTrue(3 <= turns < 50, turns)

        run(main())

    def test_sending_while_receiving(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(ws.receive())
            await settle()
            await ws.send('a')
            peer.feed(frame(TEXT, 'b'))
            self.assertEqual(await task, 'b')
            self.assertEqual(frames_to(peer), [(0x81, b'a')])

        run(main())
