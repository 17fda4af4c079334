"""Group: one message to many connections."""

import asyncio
import unittest

from connection import end_of, frames_to, open_websocket
from frames import BINARY, CONT, TEXT, close
from memory_stream import run, settle
from microdot import Microdot
from microdot.test_client import TestClient
from microdot_websocket import WebSocket, with_websocket
from microdot_websocket.group import Group

FIN = 0x80


async def group_of(n, **options):
    group = Group(**options)
    pairs = []
    for _ in range(n):
        pairs.append(await open_websocket())
        group.add(pairs[-1][0])
    return group, pairs


class TestMembers(unittest.TestCase):
    def test_add_and_discard(self):
        async def main():
            group, pairs = await group_of(2)
            first = pairs[0][0]
            group.add(first)
            self.assertEqual(len(group), 2)
            self.assertTrue(first in group)
            for ws in group:
                group.discard(ws)
                group.discard(ws)
            self.assertEqual(len(group), 0)
            self.assertFalse(first in group)
            await group.send('to nobody')

        run(main())

    def test_none_of_a_client(self):
        with self.assertRaises(ValueError):
            Group().add(WebSocket(None))

    def test_one_that_has_ended_is_out_at_once(self):
        async def main():
            group, pairs = await group_of(4)
            (closed, _), (lost, peer), (left, left_peer), (ws, _) = pairs
            await closed.close()
            lost.abort()
            left_peer.feed(close(1000))
            self.assertEqual(await end_of(left.receive()), (1000, ''))
            for one in (closed, lost, left):
                self.assertFalse(one in group)
            self.assertTrue(ws in group)
            self.assertEqual(len(group), 1)
            self.assertEqual(list(group), [ws])

        run(main())

    def test_in_process_of_the_test_client(self):
        group = Group()
        app = Microdot()

        @app.route('/')
        @with_websocket
        async def join(request, ws):
            group.add(ws)
            while True:
                await group.send(await ws.receive())

        async def main():
            received = []

            def client():
                for message in ('one', b'two'):
                    received.append((yield message))

            await TestClient(app).websocket('/', client)
            self.assertEqual(received, ['one', b'two'])
            self.assertEqual(len(group), 0)

        run(main())

    def test_who_has_ended_leaves(self):
        async def main():
            group, pairs = await group_of(3)
            await pairs[0][0].close()
            pairs[1][1].fail(104)
            await group.send('x')
            await group.send('y')
            self.assertEqual(list(group), [pairs[2][0]])
            self.assertEqual(frames_to(pairs[2][1]), [(FIN | TEXT, b'x'), (FIN | TEXT, b'y')])

        run(main())


class TestSend(unittest.TestCase):
    def test_to_all_but_one(self):
        async def main():
            group, pairs = await group_of(3)
            for data, opcode, payload in (
                ('é', TEXT, 'é'.encode()),
                (b'', BINARY, b''),
                (bytearray(b'x' * 3000), BINARY, b'x' * 3000),
                (memoryview(b'abc'), BINARY, b'abc'),
            ):
                await group.send(data, exclude=pairs[1][0])
                for i, (_, peer) in enumerate(pairs):
                    self.assertEqual(frames_to(peer), [(FIN | opcode, payload)] if i != 1 else [])
            with self.assertRaises(TypeError):
                await group.send(5)

        run(main())

    def test_a_slow_client_is_not_waited_for(self):
        async def main():
            group, pairs = await group_of(2)
            (slow, slow_peer), (_, peer) = pairs
            slow_peer.give_room(5)
            data = bytearray(b'0' * 2000)
            for i in range(3):
                data[0] = i
                await group.send(data)
                self.assertEqual(frames_to(peer), [(FIN | BINARY, bytes(data))])
            data[0] = 9
            slow_peer.give_room(None)
            await settle()
            expected = [(FIN | BINARY, bytes([i]) + b'0' * 1999) for i in range(3)]
            self.assertEqual(frames_to(slow_peer), expected)
            await group.send('next')
            self.assertEqual(frames_to(slow_peer), [(FIN | TEXT, b'next')])
            self.assertTrue(slow in group)

        run(main())

    def test_one_that_stays_slow_is_dropped(self):
        async def main():
            group, pairs = await group_of(2, send_timeout=0.02)
            (slow, slow_peer), (_, peer) = pairs
            slow_peer.give_room(5)
            receiving = asyncio.create_task(end_of(slow.receive()))
            await group.send('x' * 10)
            await group.send('y')
            self.assertEqual(await receiving, (1006, 'send timed out'))
            await settle()
            self.assertEqual(len(group), 1)
            self.assertEqual(len(frames_to(peer)), 2)

        run(main())

    def test_one_that_catches_up_is_not_dropped_later(self):
        async def main():
            group, ((ws, peer),) = await group_of(1, send_timeout=0.5)
            for _ in range(3):
                peer.give_room(5)
                await group.send('x' * 10)
                await group.send('y')
                await settle()
                peer.give_room(None)
                await settle()
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x' * 10), (FIN | TEXT, b'y')])
            await asyncio.sleep(0.6)
            self.assertFalse(ws.closed)
            self.assertTrue(ws in group)
            await group.send('z')
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'z')])

        run(main())

    def test_what_may_wait_for_a_client_is_bounded(self):
        async def main():
            for most in (100, 0):
                group, ((slow, slow_peer), (ws, peer)) = await group_of(2, max_backlog=most)
                slow_peer.give_room(5)
                await group.send('x' * 200)  # one alone may be longer
                await group.send('y' * 150)
                self.assertFalse(slow.closed)
                for _ in range(7):
                    await group.send('z' * 30)
                self.assertEqual(slow in group, not most)
                self.assertEqual(slow.close_reason, 'too many messages wait' if most else None)
                self.assertEqual(len(frames_to(peer)), 9)
                self.assertTrue(ws in group)
                slow.abort()
                await settle()

        run(main())

    def test_without_a_limit_of_time(self):
        async def main():
            group, ((ws, peer),) = await group_of(1, send_timeout=0)
            peer.give_room(5)
            await group.send('x' * 10)
            await settle()
            self.assertEqual(
                [ws.expires is not None, ws.closed], [True, False]
            )  # its own still counts
            peer.give_room(None)
            await settle()
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x' * 10)])

        run(main())

    def test_one_that_leaves_while_a_message_waits_for_it(self):
        """It gets the message, and no other."""

        async def main():
            group, ((ws, peer),) = await group_of(1)
            peer.give_room(5)
            await group.send('x' * 10)
            group.discard(ws)
            peer.give_room(None)
            await settle()
            await group.send('y')
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x' * 10)])
            self.assertFalse(ws in group)
            self.assertFalse(ws.closed)

        run(main())

    def test_a_client_that_takes_some_is_kept(self):
        async def main():
            group, ((ws, peer),) = await group_of(1, max_backlog=100)
            for i in range(10):
                peer.give_room(5)
                await group.send('x' * 10)
                for _ in range(4):
                    await group.send('y' * 25)
                peer.give_room(None)
                await settle()
                self.assertEqual(len(frames_to(peer)), 5, i)
            self.assertTrue(ws in group)

        run(main())

    def test_where_memory_ends_the_slow_are_dropped_and_the_message_goes_out(self):
        async def main():
            group, ((slow, slow_peer), (other, other_peer), (ws, peer)) = await group_of(3)
            slow_peer.give_room(5)
            await group.send('a' * 10)  # which waits for one of them
            other_peer.give_room(5)
            create_task = asyncio.create_task

            def no_memory(coroutine):
                asyncio.create_task = create_task
                coroutine.close()
                raise MemoryError

            asyncio.create_task = no_memory
            try:
                await group.send('b' * 10)
            finally:
                asyncio.create_task = create_task
            self.assertEqual((slow.close_code, slow.close_reason), (1006, 'out of memory'))
            self.assertEqual(list(group), [other, ws])
            other_peer.give_room(None)
            await settle()
            for to in (other_peer, peer):
                self.assertEqual(frames_to(to), [(FIN | TEXT, b'a' * 10), (FIN | TEXT, b'b' * 10)])

        run(main())

    def test_no_memory_for_a_slow_client_drops_that_one_only(self):
        async def main():
            group, ((slow, slow_peer), (ws, peer)) = await group_of(2)
            slow_peer.give_room(5)
            task = asyncio.create_task(end_of(slow.send('a' * 10)))
            await settle()

            def no_memory(coroutine):
                coroutine.close()
                raise MemoryError

            create_task, asyncio.create_task = asyncio.create_task, no_memory
            try:
                await group.send('b')
            finally:
                asyncio.create_task = create_task
            self.assertEqual(await task, (1006, 'out of memory'))
            self.assertEqual(list(group), [ws])
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'b')])

        run(main())

    def test_behind_what_others_send(self):
        """Never inside another frame, nor between the fragments of a message."""

        async def main():
            group, ((ws, peer),) = await group_of(1)
            peer.give_room(5)
            task = asyncio.create_task(ws.send('a' * 10))
            await settle()
            await group.send('b')
            peer.give_room(None)
            await task
            await settle()
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'a' * 10), (FIN | TEXT, b'b')])

            def chunks():
                yield 'c'
                asyncio.create_task(group.send('d'))
                yield 'e' * 5000

            peer.give_room(3500)
            task = asyncio.create_task(ws.send_stream(chunks()))
            await settle()
            peer.give_room(None)
            await task
            await settle()
            frames = [(TEXT, b'c'), (CONT, b'e' * 5000), (FIN | CONT, b''), (FIN | TEXT, b'd')]
            self.assertEqual(frames_to(peer), frames)

        run(main())
