"""Topics: messages to those who subscribe to them, newest values, and who leaves."""

import asyncio
import unittest

from capacity import SMALL
from connection import close_frame, end_of, frames_to, open_websocket
from frames import BINARY, TEXT, close
from memory_stream import run, settle, turns_beside
from microdot import microdot
from microdot_websocket import WebSocket
from microdot_websocket.topics import Topics

FIN = 0x80


async def topics_of(n, *topics, **options):
    """(group, pairs): each connection subscribes to all these topics."""
    group = Topics(**options)
    pairs = []
    for _ in range(n):
        pairs.append(await open_websocket())
        group.add(pairs[-1][0])
        for topic in topics:
            group.subscribe(pairs[-1][0], topic)
    return group, pairs


def texts(peer):
    return [payload.decode() for _, payload in frames_to(peer)]


class Observer:
    """As Microdot's SSE."""

    def __init__(self):
        self.seen = []

    async def send(self, data, event=None, event_id=None):
        if data == 'fail':
            raise OSError(32)
        self.seen.append((data, event))


class TestTopics(unittest.TestCase):
    def test_each_gets_what_it_subscribes_to(self):
        async def main():
            group, ((one, one_peer), (two, two_peer), (none, none_peer)) = await topics_of(3)
            group.subscribe(one, 'temp')
            group.subscribe(one, 'temp')
            group.subscribe(one, 'door')
            group.subscribe(two, 'temp')
            await group.publish('temp', '21')
            await group.publish('door', b'open')
            await group.publish('Temp', 'another')  # exact names
            await group.publish('tem', 'another')
            await group.publish('temp', '22', exclude=two)
            await group.send('to all')
            self.assertEqual(
                frames_to(one_peer),
                [
                    (FIN | TEXT, b'21'),
                    (FIN | BINARY, b'open'),
                    (FIN | TEXT, b'22'),
                    (FIN | TEXT, b'to all'),
                ],
            )
            self.assertEqual(texts(two_peer), ['21', 'to all'])
            self.assertEqual(texts(none_peer), ['to all'])

        run(main())

    def test_who_subscribes_joins(self):
        async def main():
            group = Topics()
            ws, peer = await open_websocket()
            group.subscribe(ws, 'a')
            self.assertTrue(ws in group)
            group.unsubscribe(ws, 'a')
            group.unsubscribe(ws, 'a')
            group.unsubscribe(ws, 'no such topic')
            self.assertEqual(len(group), 1)
            await group.publish('a', 'x')
            self.assertEqual(texts(peer), [])
            group.subscribe(ws, 'a')
            group.discard(ws)
            group.discard(ws)
            await group.publish('a', 'x')
            await group.send('x')
            self.assertEqual(texts(peer), [])
            self.assertEqual(len(group), 0)
            with self.assertRaises(ValueError):
                group.subscribe(WebSocket(None), 'a')

        run(main())

    def test_nothing_is_kept_of_who_has_ended(self):
        """Nor of a topic that nobody subscribes to any more."""

        async def main():
            group, ((ws, _), (other, peer)) = await topics_of(2, 'a', 'b')
            group.subscribe(ws, 'c')
            ws.abort()
            self.assertEqual(list(group.members), [other])
            self.assertEqual(group._topics, {'a': [other], 'b': [other]})
            await group.publish('a', 'x')
            self.assertEqual(texts(peer), ['x'])
            group.subscribe(ws, 'd')  # one that has ended
            group.add(ws)
            group.discard(other)
            self.assertEqual((group._topics, group.members), ({}, {}))

        run(main())

    def test_odd_topics(self):
        """A page may pick it, as the null of a JSON message."""

        async def main():
            names = None, '', ' ', 'a/#', 0, ('a', 1), 'x' * 100
            group, ((ws, peer),) = await topics_of(1, *names)
            for name in names:
                await group.publish(name, 'x')
            self.assertEqual(texts(peer), ['x'] * len(names))
            with self.assertRaises(TypeError):
                group.subscribe(ws, ['a'])
            ws.abort()
            self.assertEqual((group._topics, group.members), ({}, {}))

        run(main())

    def test_other_observers(self):
        """As Microdot's proposal has it: an SSE stream gets the same messages."""

        async def main():
            group, ((ws, peer),) = await topics_of(1, 'temp')
            one, two = Observer(), Observer()
            for observer in (one, two):
                group.subscribe(observer, 'temp')
            group.subscribe(two, 'door')
            self.assertEqual(len(group), 1)
            await group.publish('temp', '21')
            await group.publish('door', 'open')
            group.unsubscribe(one, 'temp')
            await group.publish('temp', '22')
            self.assertEqual(one.seen, [('21', 'temp')])
            self.assertEqual(two.seen, [('21', 'temp'), ('open', 'door'), ('22', 'temp')])
            await group.publish('temp', 'fail')
            await group.publish('temp', '23')
            self.assertEqual(len(two.seen), 3)
            self.assertEqual(texts(peer), ['21', '22', 'fail', '23'])

        run(main())


class TestSlow(unittest.TestCase):
    def test_latest(self):
        async def main():
            group, ((slow, slow_peer), (_, peer)) = await topics_of(2, 'a', 'b', latest=True)
            slow_peer.give_room(1)
            await group.publish('a', 'a0')  # which goes out in part
            for i in range(1, 30):
                await group.publish('a', 'a%d' % i)
                if i % 10 == 0:
                    await group.publish('b', 'b%d' % i)
                    await group.send('all%d' % i)
            slow_peer.give_room(None)
            await settle()
            self.assertEqual(texts(slow_peer), ['a0', 'a29', 'b20', 'all20'])
            self.assertEqual(len(texts(peer)), 34)
            await group.publish('a', 'next')
            self.assertEqual(texts(slow_peer), ['next'])
            self.assertTrue(slow in group)

        run(main())

    def test_latest_gives_each_topic_its_turn(self):
        """However often another one changes."""

        async def main():
            group, ((_, peer),) = await topics_of(1, 'a', 'b', latest=True)
            peer.give_room(1)
            await group.publish('b', 'b0')
            seen = []
            for i in range(1, 9):
                await group.publish('a', 'a%d' % i)
                await group.publish('b', 'b%d' % i)
                await group.publish('a', 'A%d' % i)
                peer.give_room(4)  # a message of 2 bytes and its header
                await settle()
                seen += [payload.decode() for _, payload in complete(peer)]
            self.assertEqual(''.join([text[0] for text in seen]).lower(), 'babababa')
            for i, text in enumerate(seen):  # the one before it was being sent when it came
                self.assertTrue(0 <= i + 1 - int(text[1:]) <= 1, seen)

        run(main())

    def test_latest_of_a_client_that_takes_one_now_and_then(self):
        """It stays connected for longer than send_timeout."""

        async def main():
            group, ((ws, peer),) = await topics_of(1, 'a', latest=True, send_timeout=0.25)
            peer.give_room(1)
            for i in range(12):
                await group.publish('a', 'x%02d' % i)
                await asyncio.sleep(0.05)
                peer.give_room(5)
                await settle()
            self.assertFalse(ws.closed)
            self.assertTrue(ws in group)

        run(main())

    def test_one_that_takes_nothing_is_dropped(self):
        async def main():
            for options in ({}, {'latest': True}, {'drop': 'oldest'}):
                group, ((ws, peer),) = await topics_of(1, 'a', send_timeout=0.02, **options)
                peer.give_room(1)
                ended = asyncio.create_task(end_of(ws.receive()))
                for _ in range(2):
                    await group.publish('a', 'xyz')
                self.assertEqual(await ended, (1006, 'send timed out'))
                self.assertEqual(len(group), 0)

        run(main())

    def test_a_bound_drops_the_client_or_the_oldest(self):
        async def main():
            for options, seen in (
                ({}, None),
                ({'drop': 'client'}, None),
                ({'drop': 'oldest'}, ['a0', 'a4' + 'x' * 30, 'a5' + 'x' * 30]),
                # A value takes the place of the one before, so that all fit.
                ({'latest': True}, ['a0', 'a5' + 'x' * 30]),
                ({'latest': True, 'drop': 'client'}, ['a0', 'a5' + 'x' * 30]),
            ):
                group, ((ws, peer),) = await topics_of(1, 'a', max_backlog=2 * (32 + 32), **options)
                peer.give_room(1)
                await group.publish('a', 'a0')
                for i in range(1, 6):
                    await group.publish('a', 'a%d' % i + 'x' * 30)
                if seen is None:
                    self.assertEqual(ws.close_reason, 'too many messages wait')
                    self.assertEqual(len(group), 0)
                    continue
                peer.give_room(None)
                await settle()
                self.assertEqual(texts(peer), seen)
                self.assertFalse(ws.closed)

        run(main())

    def test_the_bound_holds_for_topics_that_grow(self):
        async def main():
            for latest, drop, ended in (
                (True, None, False),
                (True, 'client', True),
                (False, 'oldest', False),
            ):
                group, ((ws, peer),) = await topics_of(
                    1, 'a', 'b', 'c', latest=latest, drop=drop, max_backlog=100
                )
                peer.give_room(1)
                await group.publish('a', 'first')
                for n in (10, 20, 30, 60):
                    for topic in ('a', 'b', 'c'):
                        await group.publish(topic, 'é' * (n // 2))
                        if not ws.closed:
                            waiting = group.members[ws]
                            size = sum([len(message[0].encode()) for message in waiting.messages])
                            self.assertEqual(size, waiting.size)
                            self.assertTrue(size <= 100)
                self.assertEqual(ws.closed, ended)
                if not ended:
                    await group.publish('b', 'B' * 200)  # a single one may be longer
                    peer.give_room(None)
                    await settle()
                    self.assertEqual(texts(peer), ['first', 'B' * 200])

        run(main())

    def test_messages_without_a_byte_are_bounded_too(self):
        async def main():
            for drop, n in (('client', None), ('oldest', 31)):
                group, ((ws, peer),) = await topics_of(1, 'a', max_backlog=1000, drop=drop)
                peer.give_room(1)
                await group.publish('a', 'first')
                for _ in range(50):
                    await group.publish('a', '')
                if n is None:
                    self.assertEqual(ws.close_reason, 'too many messages wait')
                else:
                    self.assertEqual(len(group.members[ws].messages), n)
                    ws.abort()
                    await settle()

        run(main())

    def test_no_such_policy(self):
        with self.assertRaises(ValueError):
            Topics(drop='newest')

    def test_those_that_stall_hold_up_nobody(self):
        """100 connections, of which 30 take nothing: the others get each message as soon, and it
        takes as many turns of the event loop."""
        n = 10 if SMALL else 100
        stalling = n * 3 // 10

        async def turns(stall, **options):
            group, pairs = await topics_of(n, 'temp', **options)
            for _, peer in pairs[:stall]:
                peer.give_room(1)
            count = 0
            for i in range(5):
                count += await turns_beside(group.publish('temp', 'value %d' % i))
                for _, peer in pairs[stall:]:  # before anybody else has had a turn
                    self.assertEqual(texts(peer), ['value %d' % i])
            self.assertEqual(len(group), n)
            for ws, _ in pairs:
                ws.abort()
            await settle()
            return count

        async def main():
            for options in ({}, {'latest': True}):
                self.assertEqual(await turns(stalling, **options), await turns(0, **options))

        run(main())


def complete(peer):
    """The whole frames of at most 125 bytes that were sent."""
    frames = []
    while len(peer.sent) > 1 and len(peer.sent) >= 2 + peer.sent[1]:
        n = 2 + peer.sent[1]
        frames.append((peer.sent[0], bytes(peer.sent[2:n])))
        peer.sent = peer.sent[n:]
    return frames


class TestMembers(unittest.TestCase):
    def test_the_oldest_makes_room(self):
        async def main():
            left = []
            group, pairs = await topics_of(
                3, 'a', max_members=3, on_leave=lambda ws, code, reason: left.append((ws, code))
            )
            oldest, oldest_peer = pairs[0]
            group.add(pairs[2][0])  # it is in
            self.assertEqual(left, [])
            ws, peer = await open_websocket()
            group.subscribe(ws, 'a')
            self.assertEqual(left, [(oldest, None)])
            self.assertEqual(len(group), 3)
            self.assertFalse(oldest in group)
            await settle()
            self.assertEqual(frames_to(oldest_peer), [close_frame(1013)])
            oldest_peer.feed(close(1013))
            await settle()
            await group.publish('a', 'x')
            self.assertEqual(texts(peer), ['x'])
            self.assertEqual(len(left), 1)
            pairs[1][0].abort()  # one place is free then
            more, _ = await open_websocket()
            group.add(more)
            self.assertFalse(pairs[2][0].closed)
            self.assertEqual(left[1:], [(pairs[1][0], 1006)])

        run(main())

    def test_no_memory_to_close_the_oldest(self):
        async def main():
            group, ((oldest, _),) = await topics_of(1, max_members=1)
            ws, _ = await open_websocket()
            create_task = asyncio.create_task

            def no_memory(coroutine):
                coroutine.close()
                raise MemoryError

            asyncio.create_task = no_memory
            try:
                group.add(ws)
            finally:
                asyncio.create_task = create_task
            self.assertEqual(oldest.close_reason, 'out of memory')
            self.assertEqual(list(group), [ws])

        run(main())

    def test_who_leaves_and_with_which_code(self):
        async def main():
            left = []
            group, pairs = await topics_of(
                4, on_leave=lambda ws, code, reason: left.append((ws, code))
            )
            (one, peer), (two, _), (three, three_peer), (four, _) = pairs
            peer.feed(close(3000, 'bye'))
            await end_of(one.receive())
            two.abort()
            three_peer.fail(104)
            await group.send('x')
            group.discard(four)
            group.discard(four)
            four.abort()
            self.assertEqual(left, [(one, 3000), (two, 1006), (three, 1006), (four, None)])

        run(main())

    def test_an_async_function(self):
        async def main():
            left = []

            async def on_leave(ws, code, reason):
                await group.send('%d left' % code)
                left.append(code)

            group, ((one, _), (_, peer)) = await topics_of(2, on_leave=on_leave)
            one.abort()
            await settle()
            self.assertEqual(left, [1006])
            self.assertEqual(texts(peer), ['1006 left'])

        run(main())

    def test_whoever_takes_others_out(self):
        """While a message is on its way to all of them: who is out does not get it."""

        rest = []

        def on_leave(ws, code, reason):
            while rest:
                rest.pop()()

        async def main():
            for slow in (False, True):
                group, pairs = await topics_of(4, 'a', on_leave=on_leave)
                for ws, _ in pairs[2:]:
                    rest.append(lambda ws=ws, group=group: group.discard(ws))
                pairs[0][1].fail(104)
                if slow:
                    pairs[3][1].give_room(3)
                    task = asyncio.create_task(end_of(pairs[3][0].send('x' * 50)))
                    await settle()
                await group.publish('a', 'y')
                self.assertEqual(list(group), [pairs[1][0]])
                self.assertEqual(texts(pairs[1][1]), ['y'])
                self.assertEqual(texts(pairs[2][1]), [])
                if slow:
                    pairs[3][0].abort()
                    await task

        run(main())

    def test_one_that_is_being_closed_does_not_come_back(self):
        async def main():
            left = []
            group, ((ws, peer),) = await topics_of(
                1, on_leave=lambda ws, code, reason: left.append(code)
            )
            task = asyncio.create_task(ws.close(3000))
            await settle()
            group.subscribe(ws, 'a')
            peer.feed(close(3000))
            await task
            self.assertEqual(left, [3000])
            self.assertEqual((group.members, group._topics), ({}, {}))

        run(main())

    def test_one_that_comes_and_goes_is_called_for_once(self):
        async def main():
            left = []
            group, ((ws, _),) = await topics_of(
                1, on_leave=lambda ws, code, reason: left.append(code)
            )
            for _ in range(50):
                group.discard(ws)
                group.subscribe(ws, 'a')
            ws.abort()
            self.assertEqual(left, [None] * 50 + [1006])

        run(main())

    def test_what_it_raises_is_printed(self):
        printed, saved = [], microdot.print_exception
        microdot.print_exception = printed.append

        async def main():
            group, ((one, _), (_, peer)) = await topics_of(2, on_leave=lambda ws: None)
            one.abort()
            await group.send('x')
            self.assertEqual(texts(peer), ['x'])
            self.assertEqual([type(exc) for exc in printed], [TypeError])

        try:
            run(main())
        finally:
            microdot.print_exception = saved

    def test_where_memory_ends_the_slow_leave_at_once(self):
        async def main():
            left = []
            group, pairs = await topics_of(
                4, 'a', on_leave=lambda ws, code, reason: left.append((ws, code))
            )
            (one, one_peer), (two, two_peer), (three, three_peer), (four, peer) = pairs
            for slow_peer in (one_peer, two_peer):
                slow_peer.give_room(1)
            await group.publish('a', 'waits')
            three_peer.give_room(1)
            create_task = asyncio.create_task

            def no_memory(coroutine):
                asyncio.create_task = create_task
                coroutine.close()
                raise MemoryError

            asyncio.create_task = no_memory
            try:
                await group.publish('a', 'x')
            finally:
                asyncio.create_task = create_task
            self.assertEqual(sorted([pairs.index((ws, p)) for ws, p in pairs if ws.closed]), [0, 1])
            self.assertEqual([code for _, code in left], [1006, 1006])
            self.assertEqual(len(group), 2)
            self.assertEqual(texts(peer), ['waits', 'x'])

        run(main())


class TestClose(unittest.TestCase):
    def test_all_are_closed_and_waited_for(self):
        async def main():
            group, pairs = await topics_of(3, 'a')
            task = asyncio.create_task(group.close(1012, 'update'))
            await settle()
            for _, peer in pairs:
                self.assertEqual(frames_to(peer), [close_frame(1012, 'update')])
                self.assertFalse(task.done())
                peer.feed(close(1012))
            await task
            for ws, _ in pairs:
                self.assertEqual((ws.close_code, ws.close_reason), (1012, 'update'))
            self.assertEqual((group.members, group._topics), ({}, {}))
            await group.close()

        run(main())

    def test_one_that_does_not_answer(self):
        async def main():
            group, pairs = await topics_of(2)
            for ws, _ in pairs:
                ws.close_timeout = 0
            await group.close()
            self.assertEqual([frames_to(peer) for _, peer in pairs], [[close_frame(1001)]] * 2)

        run(main())

    def test_a_code_that_may_not_be_sent(self):
        async def main():
            group, pairs = await topics_of(2)
            with self.assertRaises(ValueError):
                await group.close(1006)
            self.assertEqual(len(group), 2)

        run(main())

    def test_without_memory_they_are_dropped(self):
        async def main():
            group, pairs = await topics_of(2)
            create_task = asyncio.create_task

            def no_memory(coroutine):
                coroutine.close()
                raise MemoryError

            asyncio.create_task = no_memory
            try:
                await group.close()
            finally:
                asyncio.create_task = create_task
            self.assertEqual([ws.close_reason for ws, _ in pairs], ['out of memory'] * 2)

        run(main())
