"""Replies to what was read together go out together: none waits for another message, none overtakes
another one, and whoever sends is told what becomes of it."""

import asyncio
import sys
import unittest

from capacity import LARGE, fitting
from connection import close_frame, end_of, frames_to, open_websocket, request_bytes
from frames import BINARY, CLOSE, CONT, PING, TEXT, close, frame, pattern
from memory_stream import is_read_by_asyncio, run, settle
from microdot_websocket import WebSocketError
from microdot_websocket.group import Group

CPYTHON = sys.implementation.name == 'cpython'
FIN = 0x80
ONE = frame(TEXT, 'x')  # one byte


async def open_corking(n=8, **attributes):
    """(ws, peer): the first of n + 1 messages has been received, the others are buffered."""
    ws, peer = await open_websocket(**attributes)
    peer.feed(ONE * (n + 1))
    assert await ws.receive() == 'x'
    return ws, peer


async def echo(ws):
    while True:
        await ws.send(await ws.receive())


class TestTogether(unittest.TestCase):
    def test_replies_to_what_was_read_together(self):
        async def main():
            for n in (2, 10, 60):
                ws, peer = await open_websocket()
                task = asyncio.create_task(end_of(echo(ws)))
                await settle()
                peer.writes = 0
                peer.feed(ONE * n)
                await settle()
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x')] * n)
                # The last finds nothing behind it in the buffer.
                self.assertLessEqual(peer.writes, 2)
                ws.abort()
                await task

        run(main())

    def test_one_alone_goes_at_once(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(ONE)
            await ws.send(await ws.receive())
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x')])

        run(main())

    def test_more_than_the_cork_holds(self):
        async def main():
            n = LARGE // 400
            ws, peer = await open_corking(n)
            expected = []
            for i in range(n):
                payload = bytes([i]) * 400
                expected.append((FIN | BINARY, payload))
                await ws.send(payload)
            await settle()
            self.assertEqual(frames_to(peer), expected)

        run(main())


class TestNoneWaits(unittest.TestCase):
    """For another message, nor for anything but the event loop's next turn."""

    def test_a_sender_that_then_waits(self):
        async def main():
            async def sender(wait):
                await ws.send('reply')
                self.assertEqual(peer.sent, b'')
                await wait()

            for wait in (lambda: asyncio.sleep(60), asyncio.Event().wait):
                ws, peer = await open_corking()
                task = asyncio.create_task(sender(wait))
                await settle(3)
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'reply')])
                task.cancel()

        run(main())

    def test_behind_the_beginning_of_a_frame_that_never_comes(self):
        async def main():
            for have in (1, 4, 6):
                ws, peer = await open_websocket()
                task = asyncio.create_task(end_of(echo(ws)))
                peer.feed(ONE + frame(TEXT, 'abc')[:have])
                await settle()
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x')])
                # And what is sent while the rest does not come.
                for i in range(5):
                    await ws.send('%d' % i)
                    await settle(3)
                    self.assertEqual(frames_to(peer), [(FIN | TEXT, b'%d' % i)])
                ws.abort()
                await task

        run(main())

    def test_a_handler_that_ends(self):
        async def main():
            ws, peer = await open_corking()
            await ws.send('reply')
            closer = asyncio.create_task(ws.close(4000))
            await settle(2)
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'reply'), close_frame(4000)])
            ws.abort()
            await closer

        run(main())

    def test_a_task_that_never_lets_others_run_long(self):
        """Its sends go out while it runs: each turn of the loop flushes."""

        async def main():
            ws, peer = await open_corking()
            for i in range(20):
                await ws.send('%d' % i)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'%d' % i)])

        run(main())

    def test_at_each_turn_again(self):
        async def main():
            ws, peer = await open_corking(100)
            for _ in range(30):
                await ws.send('a')
                await ws.send('b')
                await settle(2)
                self.assertEqual(len(frames_to(peer)), 2)
                self.assertEqual(await ws.receive(), 'x')

        run(main())


class TestOrder(unittest.TestCase):
    def check(self, *steps):
        """`steps`: coroutine functions of ws, all run behind a corked message."""

        async def main():
            ws, peer = await open_corking()
            await ws.send('first')
            self.assertEqual(peer.sent, b'')  # it is corked
            tasks = []
            for step, _ in steps:
                tasks.append(asyncio.create_task(step(ws)))
                await asyncio.sleep(0)
            await settle(20)
            expected = [(FIN | TEXT, b'first')]
            for _, frames in steps:
                expected += frames
            self.assertEqual(frames_to(peer), expected)
            for task in tasks:
                if not task.done():
                    task.cancel()
            ws.abort()

        run(main())

    def test_a_control_frame(self):
        self.check((lambda ws: ws.send(b'p', PING), [(FIN | PING, b'p')]))
        self.check(
            (lambda ws: ws.ping(b'p'), [(FIN | PING, b'p')]),
            (lambda ws: ws.send('last'), [(FIN | TEXT, b'last')]),
        )

    def test_the_answer_to_a_ping(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(ONE + frame(PING, b'1') + ONE + ONE + frame(PING, b'2') + ONE)
            task = asyncio.create_task(end_of(echo(ws)))
            await settle()
            x = FIN | TEXT, b'x'
            expected = [x, (0x8A, b'1'), x, x, (0x8A, b'2'), x]
            self.assertEqual(frames_to(peer), expected)
            ws.abort()
            await task

        run(main())

    def test_a_large_frame(self):
        for n in fitting(500, 600, 2000, 9000, 20000):
            data = pattern(n)
            self.check(
                (lambda ws: ws.send(data), [(FIN | BINARY, data)]),  # noqa: B023
                (lambda ws: ws.send('last'), [(FIN | TEXT, b'last')]),
            )

    def test_fragments(self):
        frames = [(TEXT, b'a'), (CONT, b'b'), (FIN | CONT, b'')]
        self.check(
            (lambda ws: ws.send_stream(['a', 'b']), frames),
            (lambda ws: ws.send('last'), [(FIN | TEXT, b'last')]),
        )

    def test_corked_behind_fragments(self):
        """Nothing gets in between them, corked or not."""

        async def main():
            ws, peer = await open_corking()

            def chunks():
                yield 'a'
                tasks.append(asyncio.create_task(ws.send('other')))
                yield 'b'

            tasks = []
            await ws.send('first')
            await ws.send_stream(chunks())
            await ws.send('last')
            await settle()
            frames = frames_to(peer)
            self.assertEqual(frames.index((CONT, b'b')) - frames.index((TEXT, b'a')), 1)
            self.assertEqual(frames.index((FIN | CONT, b'')) - frames.index((CONT, b'b')), 1)
            self.assertEqual(frames[0], (FIN | TEXT, b'first'))
            self.assertEqual(len(frames), 6)

        run(main())

    def test_a_close(self):
        self.check((lambda ws: ws.close(4000), [close_frame(4000)]))
        frames = [(FIN | CLOSE, b'\x0f\xa0')]
        self.check((lambda ws: ws.send(b'\x0f\xa0', CLOSE), frames))

    def test_the_answer_to_a_close(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(ONE * 3 + close(4001))
            self.assertEqual(await end_of(echo(ws)), (4001, ''))
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x')] * 3 + [close_frame(4001)])

        run(main())

    def test_the_close_after_an_error(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            peer.feed(ONE * 3 + frame(3) + ONE)
            self.assertEqual((await end_of(echo(ws)))[0], 1002)
            expected = [(FIN | TEXT, b'x')] * 3 + [close_frame(1002, 'reserved opcode')]
            self.assertEqual(frames_to(peer), expected)

        run(main())

    def test_a_group(self):
        group = Group()

        async def send(ws):
            group.add(ws)
            await group.send('to all')

        self.check(
            (send, [(FIN | TEXT, b'to all')]),
            (lambda ws: ws.send('last'), [(FIN | TEXT, b'last')]),
        )

    def test_another_tasks_message(self):
        self.check(
            (lambda ws: ws.send('second'), [(FIN | TEXT, b'second')]),
            (lambda ws: ws.send('third'), [(FIN | TEXT, b'third')]),
        )

    def test_compressed_messages(self):
        async def main():
            request = request_bytes(Sec_WebSocket_Extensions='permessage-deflate')
            ws, peer = await open_websocket(request, {'compression': True})
            peer.feed(ONE * 9)
            for _ in range(4):
                await ws.send(await ws.receive())
                await ws.send('y' * 200)  # compressed, if this firmware can
            await settle()
            frames = frames_to(peer)
            self.assertEqual(len(frames), 8)
            for i in range(0, 8, 2):
                self.assertEqual(frames[i], (FIN | TEXT, b'x'))
                self.assertEqual(frames[i + 1][0] & ~0x40, FIN | TEXT)

        run(main())


class TestBackPressure(unittest.TestCase):
    def test_it_reaches_the_sender(self):
        """Who sends to a client that does not read waits, with little in memory."""

        async def main():
            ws, peer = await open_corking(50)
            peer.give_room(0)
            sent = []
            size = ws.read_buffer_size
            cork = 1024 if size < 8192 else 16384 if size < 65536 else 65536  # bytes
            count = cork // 92 + 190

            async def sender():
                for i in range(count):
                    await ws.send(b'%03d' % i * 30)
                    sent.append(i)

            task = asyncio.create_task(sender())
            await settle(50)
            self.assertFalse(task.done())
            self.assertLessEqual(len(sent) * 92, cork)
            peer.give_room(None)
            await task
            await settle()
            expected = [(FIN | BINARY, b'%03d' % i * 30) for i in range(count)]
            self.assertEqual(frames_to(peer), expected)

        run(main())

    def test_a_little_room_at_a_time(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(end_of(echo(ws)))
            await settle()
            peer.give_room(0)
            messages = b''.join([frame(BINARY, bytes([i]) * (i % 90)) for i in range(60)])
            peer.feed(messages)
            for _ in range(600):
                peer.give_room(7)
                await settle(2)
            expected = [(FIN | BINARY, bytes([i]) * (i % 90)) for i in range(60)]
            self.assertEqual(frames_to(peer), expected)
            ws.abort()
            await task

        run(main())

    def test_a_cancelled_sender(self):
        """What is corked was sent; what waits for its turn was not."""

        async def main():
            ws, peer = await open_corking()
            peer.give_room(0)
            await ws.send('corked')
            await settle()
            task = asyncio.create_task(ws.send('waits'))
            await settle()
            task.cancel()
            await settle()
            peer.give_room(None)
            await ws.send('last')
            await settle()
            frames = frames_to(peer)
            self.assertEqual(frames, [(FIN | TEXT, b'corked'), (FIN | TEXT, b'last')])

        run(main())


class TestErrors(unittest.TestCase):
    def test_the_sender_is_told(self):
        """By its next call, and so is everybody."""

        async def main():
            for errno in (32, 104):
                ws, peer = await open_corking(3)
                peer.error = errno  # nothing tells this end but its own writing
                await ws.send('corked')
                await settle()
                self.assertTrue(ws.closed)
                self.assertEqual(await end_of(ws.send('next')), (1006, 'connection lost'))
                self.assertEqual(await end_of(ws.receive()), (1006, 'connection lost'))

        run(main())

    def test_who_waits_for_something_else_is_told_too(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(ONE + b'\x81')
            self.assertEqual(await ws.receive(), 'x')
            receiver = asyncio.create_task(end_of(ws.receive()))
            await settle()
            peer.error = 104
            try:
                await ws.send('corked')
            except WebSocketError:
                self.assertTrue(is_read_by_asyncio(peer))  # which does not cork it
            await settle()
            self.assertEqual(await receiver, (1006, 'connection lost'))

        run(main())

    def test_while_it_waits_for_room(self):
        async def main():
            ws, peer = await open_corking(50)
            peer.give_room(10)

            async def sender():
                while True:
                    await ws.send(bytes(100))

            tasks = [asyncio.create_task(end_of(sender())) for _ in range(2)]
            await settle(50)
            peer.fail(104)
            for task in tasks:
                self.assertEqual(await task, (1006, 'connection lost'))
            peer.error = 0
            peer.give_room(None)
            await settle()
            self.assertEqual(len(peer.sent), 10)

        run(main())

    def test_a_connection_that_ends_with_something_corked(self):
        async def main():
            for how in ('abort', 'end'):
                ws, peer = await open_corking(0 if how == 'end' else 3)
                if how == 'end':
                    peer.feed(b'\x81')
                    task = asyncio.create_task(end_of(ws.receive()))
                    await settle()
                    await ws.send('corked')
                    peer.end()
                    self.assertEqual(await task, (1006, 'connection lost'))
                else:
                    await ws.send('corked')
                    ws.abort()
                await settle()
                self.assertIs(ws.expires, None)

        run(main())
