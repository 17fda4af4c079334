"""Frames that do not end and clients that do not read.

No test waits for a clock to reach the defaults: a connection is told how many milliseconds have
passed since the timer's last look. That the timer looks is tested in test_timer.py.
"""

import asyncio
import unittest

from capacity import SMALL
from connection import close_frame, end_of, frames_to, open_websocket
from frames import BINARY, CONT, PING, TEXT, frame, header, pattern
from memory_stream import milliseconds, run, settle

SOON = 0.02  # a limit for tests that wait until it has passed


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
                self.assertEqual(await task, (1008, 'message timed out'))
                self.assertEqual(frames_to(peer), [close_frame(1008, 'message timed out')])
                self.assertTrue(ws.closed)

        run(main())

    def test_nothing_to_wait_for(self):
        """Between frames there is no limit, but for the whole message."""

        async def main():
            for data in (b'', frame(PING), frame(TEXT, 'x', fin=False)):
                ws, _, task = await receiving(data, message_timeout=0)
                await asyncio.sleep(0.01)
                ws.poll(20000)
                ws.poll(20000)
                await settle()
                self.assertFalse(ws.closed)
                ws.abort()
                await task
            ws, _, task = await receiving(b'')
            self.assertIs(ws.expires, None)
            task.cancel()

        run(main())

    def test_getting_on(self):
        async def main():
            # Half the time passes before each look.
            data = frame(BINARY, bytes(5000))
            ws, peer, task = await receiving(data[:2], max_message_length=0, frame_timeout=10)
            self.assertTrue(ws.poll(5000))
            at = 2
            while at < len(data) - 1024:
                peer.feed(data[at : at + 1024])
                at += 1024
                await settle()
                self.assertTrue(ws.poll(5000))
                self.assertTrue(ws.poll(5000))  # the next 1024 bytes have as long again
            # Less than that does not count.
            peer.feed(data[at : at + 1])
            await settle()
            self.assertFalse(task.done())
            self.assertTrue(ws.poll(4999))
            await settle()
            self.assertFalse(ws.closed)
            ws.poll(5000)
            await settle()
            self.assertEqual(frames_to(peer), [close_frame(1008, 'message timed out')])
            ws.abort()
            self.assertEqual(await task, (1008, 'message timed out'))

        run(main())

    def test_the_end_of_a_frame_counts(self):
        async def main():
            frames = frame(BINARY, b'12345', fin=False), frame(CONT, b'6', fin=False)
            ws, peer, task = await receiving(frames[0][:-1], message_timeout=0)
            self.assertTrue(ws.poll(0))
            self.assertTrue(ws.poll(9000))
            peer.feed(frames[0][-1:] + frames[1][:-1])
            await settle()
            self.assertTrue(ws.poll(9000))  # one more frame has come to its end
            self.assertTrue(ws.poll(9000))
            peer.feed(frames[1][-1:])
            await settle()
            self.assertFalse(ws.poll(99000))  # and nothing is in the middle any more
            await settle()
            self.assertFalse(task.done() or ws.closed)
            task.cancel()

        run(main())

    def test_a_message_that_never_ends(self):
        """Though each of its frames does, and however they arrive."""

        async def main(first, *more):
            ws, peer, task = await receiving(first, message_timeout=60, close_timeout=0)
            for data in more:
                self.assertTrue(ws.poll(8000))
                peer.feed(data)
                await settle()
            self.assertTrue(ws.poll(60000 - 8000 * len(more) - 1))
            await settle()
            self.assertFalse(ws.closed)
            ws.poll(2)
            self.assertEqual(await task, (1008, 'message timed out'))

        part = frame(CONT, 'y', fin=False)
        run(main(frame(TEXT, 'x', fin=False)))
        run(main(frame(TEXT, b'x' * 300, fin=False), part, frame(PING), part, part[:-1], part[-1:]))

    def test_a_message_as_long_as_another(self):
        """Each has its own time; and one that goes into a buffer has none."""

        async def main():
            ws, peer = await open_websocket(message_timeout=60)
            task = asyncio.create_task(ws.receive())
            await settle()
            for _ in range(5):
                peer.feed(frame(TEXT, 'x', fin=False))
                await settle()
                ws.poll(0)
                ws.poll(50000)
                peer.feed(frame(CONT, 'y'))
                self.assertEqual(await task, 'xy')
                task = asyncio.create_task(ws.receive())
                await settle()
            self.assertFalse(ws.poll(0))
            peer.feed(frame(TEXT, 'x'))
            await task
            task = asyncio.create_task(ws.receive_into(bytearray(9)))
            peer.feed(frame(TEXT, 'x', fin=False))
            for _ in range(5):
                await settle()
                ws.poll(50000)
            peer.feed(frame(CONT, 'y'))
            self.assertEqual(await task, 2)

        run(main())

    def test_an_application_that_takes_its_time(self):
        """What waits in the buffer while nobody receives is not late."""

        async def main():
            ws, peer, task = await receiving(frame(BINARY, b'x' * 300)[:-1])
            self.assertTrue(ws.poll(5000))
            task.cancel()
            await settle()
            self.assertFalse(ws.poll(99000))
            self.assertFalse(ws.poll(99000))
            peer.feed(frame(BINARY, b'x' * 300)[-1:])
            self.assertEqual(await ws.receive(), b'x' * 300)

        run(main())

    def test_whatever_is_sent_meanwhile(self):
        """Replies that are corked since a frame has begun make the timer look at once."""

        async def main():
            ws, peer, task = await receiving(b'\x82', frame_timeout=0.1, close_timeout=0)
            sent = 0
            start = milliseconds()
            while not ws.closed and sent < 100:
                await ws.send('x')
                sent += 1
                await asyncio.sleep(0.01)
            self.assertTrue(sent < 100 and milliseconds() - start >= 90)
            self.assertEqual(await task, (1008, 'message timed out'))

        run(main())

    def test_a_connection_that_has_ended_is_let_go(self):
        async def main():
            for how in ('end', 'fail', 'abort', 'close'):
                ws, peer, task = await receiving(frame(BINARY, bytes(300))[:-1], close_timeout=0)
                self.assertTrue(ws.expires is not None)
                if how == 'close':
                    await ws.close(4000)
                elif how == 'abort':
                    ws.abort()
                elif how == 'end':
                    peer.end()
                else:
                    peer.fail(104)
                self.assertEqual((await task)[0], 4000 if how == 'close' else 1006)
                self.assertIs(ws.expires, None)
                self.assertIs(ws.next, None)
                self.assertFalse(ws.poll(1))

        run(main())

    def test_no_limit(self):
        async def main():
            ws, _, task = await receiving(b'\x82', frame_timeout=0, send_timeout=0)
            self.assertTrue(ws.poll(0) > 1000)  # milliseconds; 0 seconds are no reason to hurry
            self.assertTrue(ws.poll(1000000000) > 1000)
            await settle()
            self.assertFalse(ws.closed)
            task.cancel()

        run(main())

    def test_a_short_limit_beside_a_long_one(self):
        async def main():
            _, _, slow = await receiving(b'\x82', frame_timeout=60, send_timeout=60)
            await asyncio.sleep(0.01)
            ws, _, task = await receiving(
                b'\x82', frame_timeout=SOON, send_timeout=60, close_timeout=0
            )
            self.assertEqual(await task, (1008, 'message timed out'))
            slow.cancel()

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
            peer.feed(frame(PING, b'x' * 125) * (20 if SMALL else 100))
            self.assertEqual(await end_of(ws.receive()), (1006, 'send timed out'))
            self.assertEqual(len(peer.sent), 1)

        run(main())

    def test_corked_replies_to_a_client_that_never_reads(self):
        async def main():
            ws, peer = await open_websocket(send_timeout=SOON)
            peer.give_room(1)
            peer.feed(frame(TEXT, 'x') * 20)

            async def echo():
                while True:
                    await ws.send(await ws.receive())

            self.assertEqual(await end_of(echo()), (1006, 'send timed out'))
            self.assertEqual(len(peer.sent), 1)

        run(main())

    def test_a_client_that_reads_too_little_to_wake_the_server(self):
        """A system has room for a little, but says so only when there is room for more."""

        async def main():
            ws, peer = await open_websocket()
            peer.low = 1000
            peer.give_room(5)
            task = asyncio.create_task(end_of(ws.send(bytes(100))))
            await settle()
            peer.give_room(500)
            self.assertTrue(ws.poll(5000))
            self.assertTrue(ws.poll(5000))
            self.assertFalse(task.done())
            for _ in range(4):
                ws.poll(5000)
            self.assertEqual(await task, (1006, 'send timed out'))

        run(main())

    def test_getting_on(self):
        async def main():
            ws, peer = await open_websocket()
            receiving = asyncio.create_task(ws.receive())
            peer.give_room(1)
            data = pattern(500)
            task = asyncio.create_task(ws.send(data))
            await settle()
            self.assertTrue(ws.poll(0))
            for _ in range(20):
                self.assertTrue(ws.poll(19000))
                peer.give_room(1)  # that is slow, but it is something
                await settle()
                self.assertTrue(ws.poll(19000))
            peer.give_room(None)
            await task
            self.assertFalse(ws.poll(99000))
            self.assertFalse(ws.closed)
            self.assertEqual(frames_to(peer), [(0x82, data)])
            receiving.cancel()

        run(main())

    def test_no_limit(self):
        async def main():
            ws, peer = await open_websocket(send_timeout=0)
            peer.give_room(1)
            task = asyncio.create_task(ws.send(b'abc'))
            await settle()
            self.assertTrue(ws.poll(0))
            self.assertTrue(ws.poll(1000000000))
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
