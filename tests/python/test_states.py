"""Every event in every state of a connection: what becomes of it, what is sent, that all tasks that
wait end, and that its buffers are given back."""

import asyncio
import unittest

from capacity import LARGE
from connection import close_frame, end_of, frames_to, has_spare_buffer, request_bytes
from frames import BINARY, CLOSE, TEXT, close, frame, header
from memory_stream import open_pair, run, settle
from microdot import Microdot
from microdot.microdot import Request
from microdot_websocket import WebSocket, WebSocketError
from no_memory import NoMemory

CONNECTING, OPEN, CLOSING, CLOSED = 0, 1, 2, 3
HALF = 5  # bytes of a frame that the peer takes, until it is given more room
FIRST, SECOND = b'1' * 100, b'2' * 100
LOST = 1006, 'connection lost'


class Connection:
    """A connection in one of the states, with tasks that wait for it.

    `receiver`: receive(). `senders`, if it is blocked: two send(), of which the second waits for
    the first. `closer`: close(4000, 'own'). What they end with is told by outcome().
    """

    def __init__(self):
        self.receiver = self.closer = None
        self.senders = []

    async def connect(self, **attributes):
        reader, writer, self.peer = open_pair()
        self.peer.feed(request_bytes())
        request = await Request.create(Microdot(), reader, writer, ('memory', 0))
        self.ws = ws = WebSocket(request)
        ws.close_timeout = ws.frame_timeout = ws.send_timeout = 60
        ws.read_buffer_size = LARGE
        ws.max_message_length = 0
        for name, value in attributes.items():
            setattr(ws, name, value)
        return ws

    async def open(self, **attributes):
        await self.connect(**attributes)
        await self.ws.handshake()
        self.peer.sent = bytearray()
        self.receiver = self.start(self.ws.receive())
        await settle()

    async def block(self):
        await self.open()
        self.peer.give_room(HALF)
        self.senders = [self.start(self.ws.send(data)) for data in (FIRST, SECOND)]
        await settle()

    async def close(self):
        """Send a Close, and wait for the peer's."""
        await self.open()
        self.closer = self.start(self.ws.close(4000, 'own'))
        await settle()
        self.peer.sent = bytearray()

    async def end(self):
        await self.open()
        self.ws.abort()
        await self.receiver

    @staticmethod
    def start(coroutine):
        async def outcome():
            try:
                return await coroutine
            except WebSocketError as exc:
                return exc.code, exc.reason
            except asyncio.CancelledError:
                return 'cancelled'

        return asyncio.create_task(outcome())

    def tasks(self):
        return [task for task in [self.receiver, self.closer] + self.senders if task]


def outcome(task):
    """What a task that has ended ended with."""
    if not task.done():
        return 'waits'
    return task.data.value if hasattr(task, 'data') else task.result()


# The events. Each may return a task that it has started.


async def peer_closes(it):
    it.peer.feed(close(4001, 'peer'))


async def peer_ends(it):
    it.peer.end()


async def reset(it):
    it.peer.fail(104)


async def breaks_a_rule(it):
    it.peer.feed(frame(3))


async def frame_stalls(it):
    it.peer.feed(b'\x82')
    await settle()
    for _ in range(3):
        it.ws.poll(60000)


async def send_stalls(it):
    for _ in range(3):
        it.ws.poll(60000)


async def close_stalls(it):
    it.ws.poll(60000)


async def closes(it):
    return it.start(it.ws.close(4002, 'again'))


async def sends_a_close(it):
    return it.start(it.ws.send(b'\x0f\xa3', CLOSE))


async def aborts(it):
    it.ws.abort()


async def cancels_receiver(it):
    it.receiver.cancel()


async def cancels_sender(it):
    it.senders[0].cancel()


async def cancels_second_sender(it):
    it.senders[1].cancel()


async def cancels_closer(it):
    it.closer.cancel()


async def memory_ends(it):
    it.peer.feed(header(BINARY, 100000000))


# Behind these the peer's Close is a part of a frame that never ends.
IN_A_FRAME = frame_stalls, memory_ends


class StateTest(unittest.TestCase):
    """`check(event, state, end, sent)`: what an event brings about, and then the rest of the
    connection's life."""

    prepare = None

    async def happens(self, event):
        """(connection, task of the event's own) after it"""
        it = Connection()
        await getattr(it, self.prepare)()
        with NoMemory():
            task = await event(it)
            await settle(20)
        return it, task

    async def ends(self, it, has_buffers=True):
        """However it goes on: it ends, all that wait for it with it, and nothing is kept."""
        it.ws.abort()
        await settle()
        self.assertEqual(it.ws.state, CLOSED)
        for task in it.tasks():
            self.assertNotEqual(outcome(task), 'waits')
        self.assertTrue(it.ws.closed)
        self.assertIs(it.ws.expires, None)
        self.assertIs(it.ws.reader, None)
        self.assertIs(it.ws.writer, None)
        end = it.ws.close_code, it.ws.close_reason
        self.assertEqual(await end_of(it.ws.receive()), end)
        self.assertEqual(await end_of(it.ws.send('x')), end)
        await it.ws.close()
        self.assertEqual(it.ws.poll(1000), 0)
        if has_buffers:
            self.assertTrue(await has_spare_buffer())

    def check_end(self, it, state, end):
        self.assertEqual((it.ws.state, it.ws.closed), (state, state > OPEN))
        self.assertEqual((it.ws.close_code, it.ws.close_reason), end)


class TestConnecting(StateTest):
    prepare = 'connect'

    def check(self, event, state, end):
        async def main():
            it, task = await self.happens(event)
            self.check_end(it, state, end)
            self.assertEqual(it.peer.sent, b'')
            if task:
                self.assertNotEqual(outcome(task), 'waits')
            await self.ends(it, has_buffers=False)

        run(main())

    def test_this_end(self):
        self.check(aborts, CLOSED, LOST)
        self.check(closes, CLOSED, (1000, ''))

    def test_nothing_is_received_or_sent(self):
        async def main():
            it = Connection()
            ws = await it.connect()
            for call in (ws.receive, lambda: ws.send('x'), lambda: ws.send(b'', CLOSE)):
                try:
                    await call()
                except Exception:  # whatever it is: no handler gets such a connection
                    continue
                self.fail()
            self.assertEqual(ws.state, CONNECTING)
            await ws.handshake()  # it still may
            self.assertEqual(ws.state, OPEN)
            it.peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await ws.receive(), 'x')

        run(main())

    def test_the_response_cannot_be_sent(self):
        async def main():
            it = Connection()
            ws = await it.connect()
            it.peer.error = 104
            self.assertEqual(await end_of(ws.handshake()), LOST)
            self.check_end(it, CLOSED, LOST)
            await self.ends(it)

        run(main())

    def test_cancelled(self):
        async def main():
            it = Connection()
            ws = await it.connect()
            it.peer.give_room(HALF)
            task = it.start(ws.handshake())
            await settle()
            self.assertFalse(ws.closed)
            task.cancel()
            await settle()
            self.assertEqual(outcome(task), 'cancelled')
            await ws.close()
            self.assertEqual(len(it.peer.sent), HALF)
            await self.ends(it)

        run(main())


class TestOpen(StateTest):
    """A task waits in receive()."""

    prepare = 'open'

    def check(self, event, state, end, sent=None, received='the same', own='none'):
        async def main():
            it, task = await self.happens(event)
            self.check_end(it, state, end)
            self.assertEqual(frames_to(it.peer), [sent] if sent else [])
            self.assertEqual(outcome(it.receiver), end if received == 'the same' else received)
            if task:
                self.assertEqual(outcome(task), own)
            if state == CLOSING:
                it.peer.feed(frame(TEXT, 'late') + close(4001))
                if event in IN_A_FRAME:
                    it.peer.end()  # that was its payload
                await settle(20)
                self.check_end(it, CLOSED if event is not sends_a_close else CLOSING, end)
                self.assertEqual(outcome(it.receiver), end)
                self.assertEqual(outcome(task) if task else None, None)
            await self.ends(it)
            self.assertEqual(it.peer.sent, b'')

        run(main())

    def test_the_peer(self):
        peer = 4001, 'peer'
        self.check(peer_closes, CLOSED, peer, close_frame(4001))
        self.check(peer_ends, CLOSED, LOST)
        self.check(reset, CLOSED, LOST)

    def test_what_is_wrong(self):
        """A receiver that has sent a Close waits for the peer's."""
        for event, end in (
            (breaks_a_rule, (1002, 'reserved opcode')),
            (frame_stalls, (1008, 'message timed out')),
            (memory_ends, (1009, 'out of memory')),
        ):
            self.check(event, CLOSING, end, close_frame(*end), 'waits')

    def test_this_end(self):
        end = 4002, 'again'
        self.check(closes, CLOSING, end, close_frame(*end), own='waits')
        frame = 0x88, b'\x0f\xa3'
        self.check(sends_a_close, CLOSING, (1000, ''), frame, own=None)
        self.check(aborts, CLOSED, LOST)

    def test_a_cancelled_receiver(self):
        async def main():
            it, _ = await self.happens(cancels_receiver)
            self.check_end(it, OPEN, (None, None))
            self.assertEqual(outcome(it.receiver), 'cancelled')
            it.receiver = it.start(it.ws.receive())
            it.peer.feed(frame(TEXT, 'x'))
            await settle()
            self.assertEqual(outcome(it.receiver), 'x')
            await self.ends(it)

        run(main())

    def test_nothing_stalls(self):
        async def main():
            for event in (send_stalls, close_stalls):
                it, _ = await self.happens(event)
                self.check_end(it, OPEN, (None, None))
                self.assertEqual(outcome(it.receiver), 'waits')
                await self.ends(it)

        run(main())


class TestBlocked(StateTest):
    """It is open, a task waits in receive(), one in the middle of a frame that it sends, and one
    behind that."""

    prepare = 'block'

    def check(self, event, state, end, sent=None, waits=False):
        """`sent`: the Close that goes out once there is room; `waits`: the receiver does, for the
        peer's Close."""

        async def main():
            it, task = await self.happens(event)
            self.check_end(it, state, end)
            self.assertEqual(len(it.peer.sent), HALF)
            if state == CLOSED:
                for waiting in it.tasks():
                    self.assertEqual(outcome(waiting), end)
            else:
                self.assertEqual(outcome(it.senders[0]), 'waits')
                it.peer.give_room(None)
                await settle(20)
                self.assertEqual(frames_to(it.peer), [(0x82, FIRST), sent])
                self.assertEqual([outcome(task) for task in it.senders], [None, end])
                self.assertEqual(outcome(it.receiver), 'waits' if waits else end)
                if task or waits:
                    it.peer.feed(close(4001))
                    if event in IN_A_FRAME:
                        it.peer.end()
                    await settle(20)
                    self.assertEqual(outcome(it.receiver), end)
                if task:
                    self.assertEqual(outcome(task), None)
            await self.ends(it)

        run(main())

    def test_the_peer(self):
        self.check(peer_closes, CLOSING, (4001, 'peer'), close_frame(4001))
        self.check(peer_ends, CLOSED, LOST)
        self.check(reset, CLOSED, LOST)

    def test_what_is_wrong(self):
        for event, end in (
            (breaks_a_rule, (1002, 'reserved opcode')),
            (memory_ends, (1009, 'out of memory')),
        ):
            self.check(event, CLOSING, end, close_frame(*end), True)
        self.check(send_stalls, CLOSED, (1006, 'send timed out'))

    def test_a_frame_that_stalls_both_ways(self):
        async def main():
            it = Connection()
            await it.block()
            it.ws.send_timeout = 0
            await frame_stalls(it)
            await settle()
            end = 1008, 'message timed out'
            self.check_end(it, CLOSING, end)
            it.peer.give_room(None)
            await settle()
            self.assertEqual(frames_to(it.peer), [(0x82, FIRST), close_frame(*end)])
            await self.ends(it)

        run(main())

    def test_this_end(self):
        end = 4002, 'again'
        self.check(closes, CLOSING, end, close_frame(*end))
        self.check(sends_a_close, CLOSING, (1000, ''), (0x88, b'\x0f\xa3'))
        self.check(aborts, CLOSED, LOST)

    def test_cancelled_senders(self):
        """Of the first one the frame goes out whole, of the second one nothing."""

        async def main():
            for event, outcomes, sent in (
                (cancels_sender, ['cancelled', None], [FIRST, SECOND, b'3']),
                (cancels_second_sender, [None, 'cancelled'], [FIRST, b'3']),
            ):
                it, _ = await self.happens(event)
                self.check_end(it, OPEN, (None, None))
                it.peer.give_room(None)
                await it.ws.send(b'3')
                await settle()
                self.assertEqual([outcome(task) for task in it.senders], outcomes)
                self.assertEqual([data for _, data in frames_to(it.peer)], sent)
                self.assertEqual(outcome(it.receiver), 'waits')
                await self.ends(it)

        run(main())

    def test_a_cancelled_receiver(self):
        async def main():
            it, _ = await self.happens(cancels_receiver)
            self.check_end(it, OPEN, (None, None))
            it.peer.give_room(None)
            await settle()
            self.assertEqual([outcome(task) for task in it.senders], [None, None])
            await self.ends(it)

        run(main())


class TestClosing(StateTest):
    """A task has sent its Close, and waits for the peer's."""

    prepare = 'close'
    end = 4000, 'own'

    def check(self, event, state, closer=None):
        async def main():
            it, task = await self.happens(event)
            self.check_end(it, state, self.end)
            self.assertEqual(outcome(it.receiver), self.end)
            self.assertEqual(outcome(it.closer), closer)
            self.assertEqual(it.peer.sent, b'')
            if task and event is closes:
                # Whoever closes last waits; none waits on once the peer has closed.
                self.assertEqual(outcome(task), 'waits')
            elif task:
                self.assertEqual(outcome(task), self.end)
            if state == CLOSING:
                it.peer.feed(close(4001))
                if event in IN_A_FRAME:
                    it.peer.end()
                await settle(20)
                if event is not cancels_closer:  # nobody reads then
                    self.check_end(it, CLOSED, self.end)
                    self.assertEqual(outcome(it.closer), None)
            await self.ends(it)
            self.check_end(it, CLOSED, self.end)
            if task and event is closes:
                self.assertEqual(outcome(task), None)

        run(main())

    def test_the_peer(self):
        for event in (peer_closes, peer_ends, reset):
            self.check(event, CLOSED)

    def test_what_is_wrong_does_not_matter_any_more(self):
        self.check(breaks_a_rule, CLOSING, 'waits')
        self.check(memory_ends, CLOSING, 'waits')

    def test_the_time_runs_out(self):
        self.check(close_stalls, CLOSED)
        self.check(send_stalls, CLOSED)
        self.check(frame_stalls, CLOSED)

    def test_this_end(self):
        self.check(aborts, CLOSED)
        self.check(sends_a_close, CLOSING, 'waits')
        self.check(closes, CLOSING)  # the first closer need not wait then

    def test_a_cancelled_closer(self):
        """The timer ends it, or whoever closes it next waits."""
        self.check(cancels_closer, CLOSING, 'cancelled')

        async def main():
            for then in ('time', 'close'):
                it, _ = await self.happens(cancels_closer)
                self.assertTrue(it.ws.expires is not None)
                if then == 'time':
                    it.ws.poll(60000)
                else:
                    it.closer = it.start(it.ws.close())
                    await settle()
                    self.assertEqual(outcome(it.closer), 'waits')
                    it.peer.feed(close(4000))
                    await settle()
                self.check_end(it, CLOSED, self.end)
                await self.ends(it)

        run(main())


class TestClosed(StateTest):
    """Nothing has any effect any more."""

    prepare = 'end'

    def test_anything(self):
        async def main():
            for event in (
                peer_closes,
                peer_ends,
                reset,
                breaks_a_rule,
                frame_stalls,
                send_stalls,
                closes,
                sends_a_close,
                aborts,
                memory_ends,
            ):
                it, task = await self.happens(event)
                self.check_end(it, CLOSED, LOST)
                self.assertEqual(it.peer.sent, b'')
                if task:
                    self.assertEqual(outcome(task), LOST if event is sends_a_close else None)
                await self.ends(it)

        run(main())
