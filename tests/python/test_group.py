"""Group: one message to many connections."""

import asyncio
import unittest

from connection import end_of, frames_to, open_websocket, request_bytes
from frames import BINARY, CONT, TEXT, close
from memory_stream import run, settle
from microdot import Microdot
from microdot.test_client import TestClient
from microdot_websocket import WebSocket, features, with_websocket
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

    def test_those_that_have_ended_are_not_kept(self):
        """Of a group that seldom sends each would take its memory until the next message."""

        async def main():
            group, pairs = await group_of(2)
            for ws, _ in pairs:
                ws.abort()
            ws, _ = await open_websocket()
            group.add(ws)
            self.assertEqual(list(group.members), [ws])

        run(main())

    def test_one_that_has_ended_does_not_join(self):
        async def main():
            group, _ = await group_of(1)
            ws, _ = await open_websocket()
            ws.abort()
            group.add(ws)
            self.assertEqual(len(group.members), 1)

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
            data = bytearray(b'0' * 500)
            for i in range(3):
                data[0] = i
                await group.send(data)
                self.assertEqual(frames_to(peer), [(FIN | BINARY, bytes(data))])
            data[0] = 9
            slow_peer.give_room(None)
            await settle()
            expected = [(FIN | BINARY, bytes([i]) + b'0' * 499) for i in range(3)]
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

    def test_messages_without_a_byte_are_bounded_too(self):
        """Each takes memory, and a client may send as many as it likes."""

        async def main():
            group, ((slow, peer),) = await group_of(1, max_backlog=1000)
            peer.give_room(1)
            await group.send('first')
            n = 0
            while not slow.closed and n < 100:
                await group.send('')
                n += 1
            self.assertTrue(20 < n < 50, n)
            self.assertEqual(slow.close_reason, 'too many messages wait')

        run(main())

    def test_text_counts_in_bytes(self):
        async def main():
            group, ((ws, peer),) = await group_of(1, max_backlog=160)
            peer.give_room(5)
            await group.send('a' * 10)
            await group.send('€' * 30)
            self.assertFalse(ws.closed)
            await group.send('€' * 4)
            self.assertEqual(ws.close_reason, 'too many messages wait')

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

    def test_one_that_leaves_and_comes_back_gets_all_in_order(self):
        async def main():
            group, ((ws, peer),) = await group_of(1)
            peer.give_room(5)
            for text in ('a', 'b', 'c', 'd'):
                await group.send(text * 10)
            group.discard(ws)
            await group.send('to nobody')
            group.add(ws)
            received = ''
            for i in range(1, 9):
                await group.send(str(i) * 10)
                if i > 4:
                    peer.give_room(12)
                    await settle()
            peer.give_room(None)
            await settle()
            for _, payload in frames_to(peer):
                received += payload.decode()[0]
            # What it was not sent at once is dropped: it must not come behind what is newer.
            self.assertIn(received, ('a12345678', 'ab12345678'))
            await group.send('9')
            self.assertEqual(len(frames_to(peer)), 1)

        run(main())

    def test_a_client_that_takes_some_is_kept(self):
        async def main():
            group, ((ws, peer),) = await group_of(1, max_backlog=4 * (25 + 32))
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


class TestCompressed(unittest.TestCase):
    """Once for all that have agreed on the same."""

    def setUp(self):
        self.calls = []
        self.compression = features.load('compression')
        self.deflate = self.compression.deflate
        # In its place, since not every firmware compresses.
        self.compression.deflate = self.count

    def tearDown(self):
        self.compression.deflate = self.deflate

    def count(self, data, bits, level):
        self.calls.append((len(data), bits, level))
        return b'deflated'

    async def group(self, *levels):
        group, pairs = Group(), []
        for level in levels:
            request = request_bytes(Sec_WebSocket_Extensions='permessage-deflate')
            options = {'compression': {'level': level} if level else True}
            pairs.append(await open_websocket(request, options))
            group.add(pairs[-1][0])
        return group, pairs

    def test_once_for_all_of_the_same_settings(self):
        async def main():
            group, pairs = await self.group(0, 0, 3, 0, 3)
            if not pairs[0][0].compression:
                return  # this firmware does not inflate
            plain, plain_peer = await open_websocket()
            group.add(plain)
            await group.send('x' * 500)
            self.assertEqual(sorted([level for _, _, level in self.calls]), [3, 6])
            for _, peer in pairs:
                self.assertEqual(frames_to(peer), [(FIN | 0x40 | TEXT, b'deflated')])
            self.assertEqual(frames_to(plain_peer), [(FIN | TEXT, b'x' * 500)])
            await group.send('short')
            self.assertEqual(len(self.calls), 2)
            for peer in [pair[1] for pair in pairs] + [plain_peer]:
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'short')])

        run(main())

    def test_for_the_slow_too(self):
        async def main():
            group, pairs = await self.group(0, 0, 0)
            if not pairs[0][0].compression:
                return
            for _, peer in pairs[:2]:
                peer.give_room(3)
            for _ in range(3):
                await group.send(b'x' * 500)
            for _, peer in pairs[:2]:
                peer.give_room(None)
            await settle(20)
            self.assertEqual(len(self.calls), 3)
            for _, peer in pairs:
                self.assertEqual(frames_to(peer), [(FIN | 0x40 | BINARY, b'deflated')] * 3)

        run(main())

    def test_no_memory_for_it_ends_that_connection(self):
        async def main():
            group, pairs = await self.group(0, 3)
            if not pairs[0][0].compression:
                return
            plain, plain_peer = await open_websocket()
            group.add(plain)

            def no_memory(data, bits, level):
                raise MemoryError

            self.compression.deflate = no_memory
            await group.send('x' * 500)
            self.assertEqual(list(group), [plain])
            self.assertEqual(len(frames_to(plain_peer)), 1)

        run(main())

    def test_behind_a_message_in_fragments(self):
        async def main():
            group, ((ws, peer),) = await self.group(0)
            if not ws.compression:
                return

            def chunks():
                yield 'c'
                asyncio.create_task(group.send('d' * 500))
                yield 'e' * 5000

            peer.give_room(3500)
            task = asyncio.create_task(ws.send_stream(chunks()))
            await settle()
            peer.give_room(None)
            await task
            await settle()
            frames = [(TEXT, b'c'), (CONT, b'e' * 5000), (FIN | CONT, b'')]
            self.assertEqual(frames_to(peer), frames + [(FIN | 0x40 | TEXT, b'deflated')])

        run(main())
