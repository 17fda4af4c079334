"""The deadlines of frames that do not end and of clients that do not read.

No test waits for a clock to reach the defaults: a Watch is told how many seconds have passed.
"""

import asyncio
import unittest

from connection import close_frame, end_of, frames_to, open_websocket
from feeding import BUFFER, Source, feed
from frames import BINARY, CLOSE, CONT, PING, TEXT, frame, header, pattern
from memory_stream import run, settle
from microdot_websocket import _deadlines
from microdot_websocket.protocol import Protocol

SOON = 0.02  # a deadline for tests that wait until it has passed


async def receiving(data, **attributes):
    """(ws, peer, task): a connection on which a task receives, and `data` has arrived."""
    ws, peer = await open_websocket(**attributes)
    task = asyncio.create_task(end_of(ws.receive()))
    peer.feed(data)
    await settle()
    return ws, peer, task


class TestFrames(unittest.TestCase):
    def test_a_frame_that_never_ends(self):
        async def main():
            for data in (
                b'\x82',  # in its header
                header(BINARY, 300)[:3],
                header(BINARY, 300),  # in its payload, which passes through the read buffer
                frame(BINARY, bytes(300))[:-1],
                frame(BINARY, bytes(5000))[:-1],  # or does not
                frame(PING, b'ping')[:-1],
                frame(TEXT, 'x', fin=False) + frame(CONT, 'y')[:-1],
            ):
                ws, peer, task = await receiving(data, frame_timeout=SOON, close_timeout=0)
                self.assertEqual(await task, (1008, 'frame timed out'))
                self.assertEqual(frames_to(peer), [close_frame(1008, 'frame timed out')])
                self.assertTrue(ws.closed)

        run(main())

    def test_nothing_to_wait_for(self):
        """Between frames there is no deadline, not even inside a message."""

        async def main():
            for data in (b'', frame(PING), frame(TEXT, 'x', fin=False)):
                ws, _, task = await receiving(data)
                self.assertIs(ws._watch, None)
                task.cancel()

        run(main())

    def test_getting_on(self):
        async def main():
            # Half the deadline passes before each look.
            data = frame(BINARY, bytes(5000))
            ws, peer, task = await receiving(data[:2], max_message_length=0, frame_timeout=10)
            watch = ws._watch
            self.assertTrue(watch.look(5))
            at = 2
            while at < len(data) - 1024:
                peer.feed(data[at : at + 1024])
                at += 1024
                await settle()
                self.assertTrue(watch.look(5))
                self.assertTrue(watch.look(5))  # the next 1024 bytes have a new deadline
            # Less than that does not count, but the end of the frame does.
            peer.feed(data[at : at + 1])
            await settle()
            self.assertFalse(task.done())
            self.assertFalse(watch.look(5))
            self.assertEqual(await task, (1008, 'frame timed out'))

        run(main())

    def test_the_end_of_a_frame_counts(self):
        async def main():
            frames = frame(BINARY, b'12345', fin=False), frame(CONT, b'6', fin=False)
            ws, peer, task = await receiving(frames[0][:-1])
            watch = ws._watch
            self.assertTrue(watch.look(0))
            self.assertTrue(watch.look(9))
            peer.feed(frames[0][-1:] + frames[1][:-1])
            await settle()
            self.assertTrue(watch.look(9))  # one more frame has come to its end
            self.assertTrue(watch.look(9))
            peer.feed(frames[1][-1:])
            await settle()
            self.assertFalse(watch.look(99))  # and nothing is in the middle any more
            self.assertFalse(task.done())
            task.cancel()

        run(main())

    def test_an_application_that_takes_its_time(self):
        """What waits in the buffer while nobody receives is not late."""

        async def main():
            ws, peer, task = await receiving(frame(BINARY, b'x' * 300)[:-1])
            watch = ws._watch
            self.assertTrue(watch.look(5))
            task.cancel()
            await settle()
            self.assertFalse(watch.look(99))
            peer.feed(frame(BINARY, b'x' * 300)[-1:])
            self.assertEqual(await ws.receive(), b'x' * 300)

        run(main())

    def test_a_connection_that_has_ended_is_let_go(self):
        async def main():
            ws, peer, task = await receiving(frame(BINARY, bytes(300))[:-1])
            watch = ws._watch
            self.assertIs(watch.ws, ws)
            peer.end()
            self.assertEqual(await task, (1006, 'connection lost'))
            self.assertIs(watch.ws, None)
            self.assertFalse(watch.look(1))

        run(main())

    def test_no_deadline(self):
        async def main():
            ws, _, task = await receiving(b'\x82', frame_timeout=0)
            self.assertTrue(ws._watch.look(0))
            self.assertTrue(ws._watch.look(1000000))
            task.cancel()

        run(main())


class TestSending(unittest.TestCase):
    def test_a_client_that_never_reads(self):
        async def main():
            for n in (10, 5000):
                ws, peer = await open_websocket(send_timeout=SOON)
                receiver = asyncio.create_task(end_of(ws.receive()))
                await settle()
                peer.give_room(5)
                senders = [asyncio.create_task(end_of(ws.send(bytes(n)))) for _ in range(3)]
                for task in senders + [receiver]:
                    self.assertEqual(await task, (1006, 'send timed out'))
                self.assertTrue(ws.closed)
                self.assertEqual(len(peer.sent), 5)
                await ws.close()

        run(main())

    def test_pings_of_a_client_that_never_reads(self):
        """Their answers do not pile up: nothing more is read."""

        async def main():
            ws, peer = await open_websocket(send_timeout=SOON)
            peer.give_room(1)
            peer.feed(frame(PING, b'x' * 125) * 100)
            self.assertEqual(await end_of(ws.receive()), (1006, 'send timed out'))
            self.assertEqual(len(peer.sent), 1)

        run(main())

    def test_getting_on(self):
        async def main():
            ws, peer = await open_websocket()
            peer.give_room(1)
            data = pattern(500)
            task = asyncio.create_task(ws.send(data))
            await settle()
            watch = ws._watch
            self.assertTrue(watch.look(0))
            for _ in range(20):
                self.assertTrue(watch.look(19))
                peer.give_room(1)  # that is slow, but it is something
                await settle()
                self.assertTrue(watch.look(19))
            peer.give_room(None)
            await task
            self.assertFalse(watch.look(99))
            self.assertEqual(frames_to(peer), [(0x82, data)])

        run(main())

    def test_no_deadline(self):
        async def main():
            ws, peer = await open_websocket(send_timeout=0)
            peer.give_room(1)
            task = asyncio.create_task(ws.send(b'abc'))
            await settle()
            self.assertTrue(ws._watch.look(0))
            self.assertTrue(ws._watch.look(1000000))
            peer.give_room(None)
            await task

        run(main())

    def test_nothing_piles_up(self):
        """However often an application gives up waiting, one frame is kept and no more."""

        async def main():
            ws, peer = await open_websocket()
            peer.give_room(10)
            for i in range(20):
                task = asyncio.create_task(ws.send(b'%02d' % i * 100))
                await settle()
                task.cancel()
                await settle()
            peer.give_room(None)
            await ws.send('now')
            self.assertEqual(frames_to(peer), [(0x82, b'00' * 100), (0x81, b'now')])

        run(main())


class TestTheTask(unittest.TestCase):
    def test_it_ends_with_the_last_watch(self):
        async def main():
            tasks = []
            create_task = asyncio.create_task

            def noting(coroutine):
                tasks.append(create_task(coroutine))
                return tasks[-1]

            ws, peer = await open_websocket(frame_timeout=SOON)
            another, another_peer = await open_websocket(frame_timeout=SOON)
            _deadlines.asyncio.create_task = noting
            try:
                for data in (frame(BINARY, b'one'), frame(BINARY, b'two')):
                    receivers = [create_task(w.receive()) for w in (ws, another)]
                    for p in (peer, another_peer):
                        p.feed(data[:-1])
                    await settle()
                    for p in (peer, another_peer):
                        p.feed(data[-1:])
                    for receiver in receivers:
                        self.assertEqual(await receiver, data[6:] and frame_payload(data))
                    while _deadlines._watches:
                        await asyncio.sleep(SOON)
                    self.assertIs(ws._watch, None)
                    await settle()
                self.assertEqual(len(tasks), 2)  # one for both connections, twice
                self.assertTrue(all([task.done() for task in tasks]))
            finally:
                _deadlines.asyncio.create_task = create_task

        run(main())

    def test_another_loop(self):
        """What an event loop that has ended left behind is forgotten."""

        left = []

        async def leave():
            await receiving(b'\x82')
            left.extend(_deadlines._watches)
            self.assertEqual(len(left), 1)

        async def main():
            ws, _, task = await receiving(b'\x82', frame_timeout=SOON, close_timeout=0)
            self.assertEqual([watch.ws for watch in _deadlines._watches], [ws])
            self.assertEqual(await task, (1008, 'frame timed out'))

        run(leave())
        _deadlines._watches.extend(left)  # run() itself has forgotten it
        run(main())


def frame_payload(data):
    return {b'o': b'one', b't': b'two'}[bytes([data[6] ^ 0x37])]


class TestBytesMissing(unittest.TestCase):
    def test_until_the_end_of_the_frame(self):
        for data, header_size in (
            (frame(BINARY, b'abc'), 6),
            (frame(PING, b'x' * 125), 6),
            (frame(TEXT, 'x' * 200), 8),
            (frame(BINARY, bytes(1000)), 8),
            (frame(CLOSE), 6),
        ):
            protocol = Protocol(BUFFER)
            source = Source(data, 1)
            for at in range(len(data)):
                missing = len(data) - at if at >= header_size else 1 if at else 0
                self.assertEqual(protocol.next_event(), -1 if at else 0)
                self.assertEqual(_deadlines.bytes_missing(protocol), missing, at)
                source.give(protocol)
            self.assertEqual(protocol.next_event(), data[0] & 15)
            self.assertEqual(_deadlines.bytes_missing(protocol), 0)

    def test_between_the_fragments_of_a_message(self):
        protocol = Protocol(BUFFER)
        feed(protocol, frame(BINARY, bytes(200), fin=False), 10)
        self.assertEqual(_deadlines.bytes_missing(protocol), 0)
