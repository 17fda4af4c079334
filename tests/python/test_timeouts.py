"""receive() and receive_into() with a timeout: it ends, and nothing is lost."""

import asyncio
import unittest
from array import array

from connection import end_of, frames_to, open_websocket
from frames import BINARY, CONT, PING, TEXT, close, frame, pattern
from memory_stream import milliseconds, run, settle


class TestTimeouts(unittest.TestCase):
    async def outcome(self, coroutine):
        """What it returns; None, which it never does, if its time runs out."""
        try:
            return await coroutine
        except asyncio.TimeoutError:
            return None

    async def times_out(self, coroutine):
        self.assertIsNone(await self.outcome(coroutine))

    def test_nothing_comes(self):
        async def main():
            ws, peer = await open_websocket()
            buffer = bytearray(9)
            for timeout in (0, 0.01, 0.05, -1):
                begin = milliseconds()
                await self.times_out(ws.receive(timeout))
                self.assertTrue(milliseconds() - begin >= timeout * 1000 - 2)
                await self.times_out(ws.receive_into(buffer, timeout=timeout))
            self.assertFalse(ws.closed)
            peer.feed(frame(TEXT, 'x') + frame(TEXT, 'y'))
            self.assertEqual(await ws.receive(timeout=20), 'x')
            self.assertEqual(await ws.receive_into(buffer), 1)

        run(main())

    def test_what_is_there_needs_no_time(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(TEXT, 'x') + frame(PING, b'p') + frame(BINARY, b'y'))
            self.assertEqual(await ws.receive(0), 'x')
            self.assertEqual(await ws.receive(0), b'y')
            self.assertEqual(frames_to(peer), [(0x8A, b'p')])

        run(main())

    def test_no_byte_is_lost(self):
        """Whenever the time runs out, also just as something arrives."""

        async def main(buffer):
            ws, peer = await open_websocket(max_message_length=0)
            payload = pattern(900)
            data = frame(BINARY, payload[:500], fin=False) + frame(CONT, payload[500:])
            late = 0
            for i in range(0, len(data), 60):
                task = asyncio.create_task(
                    self.outcome(ws.receive_into(buffer, 0) if buffer else ws.receive(timeout=0))
                )
                await settle(i % 7)
                peer.feed(data[i : i + 60])
                result = await task
                if result is not None:
                    self.assertEqual(i // 60, (len(data) - 1) // 60)
                    break
                late += 1
            else:
                result = await ws.receive_into(buffer) if buffer else await ws.receive()
            self.assertTrue(late > 9)
            if buffer:
                self.assertEqual(bytes(buffer[:result]), payload)
            else:
                self.assertEqual(result, payload)

        for buffer in (None, bytearray(1000)):
            run(main(buffer))

    def test_no_message_is_lost(self):
        async def main():
            ws, peer = await open_websocket()
            got = []
            for i in range(60):
                task = asyncio.create_task(self.outcome(ws.receive(timeout=0)))
                await settle(i % 5)
                peer.feed(frame(TEXT, '%d' % i))
                await settle(i % 3)
                message = await task
                if message is not None:
                    got.append(message)
            while len(got) < 60:
                got.append(await ws.receive())
            self.assertEqual(got, ['%d' % i for i in range(60)])

        run(main())

    def test_a_pong_goes_out_first(self):
        async def main():
            ws, peer = await open_websocket()
            peer.give_room(0)
            peer.feed(frame(PING, b'p'))
            task = asyncio.create_task(self.times_out(ws.receive(timeout=0.01)))
            await asyncio.sleep(0.05)
            peer.give_room(None)
            await task
            self.assertEqual(frames_to(peer), [(0x8A, b'p')])
            peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await ws.receive(), 'x')

        run(main())

    def test_the_end_comes_first(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(end_of(ws.receive(timeout=20)))
            await settle()
            peer.feed(close(3000, 'bye'))
            self.assertEqual(await task, (3000, 'bye'))
            self.assertEqual(await end_of(ws.receive(timeout=20)), (3000, 'bye'))

        run(main())

    def test_another_task_is_receiving(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(ws.receive())
            await settle()
            for timeout in (0.01, 0):
                with self.assertRaises(RuntimeError):
                    await ws.receive(timeout)
                await settle()
                self.assertFalse(task.done())  # whose own time has not run out
            peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await task, 'x')

        run(main())

    def test_a_frame_still_has_its_own_time(self):
        async def main():
            ws, peer = await open_websocket(frame_timeout=0.05, close_timeout=0)
            peer.feed(frame(TEXT, 'xyz')[:-1])
            self.assertEqual(await end_of(ws.receive(timeout=20)), (1008, 'message timed out'))

        run(main())

    def test_it_is_cancelled(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(ws.receive(timeout=0.03))
            await settle()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            task = asyncio.create_task(ws.receive())
            await asyncio.sleep(0.06)  # the time of the first one does not count for this
            peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await task, 'x')

        run(main())

    def test_it_is_cancelled_just_then(self):
        """As by ``asyncio.timeout(60)`` around twelve times 5 seconds."""

        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(ws.receive(timeout=20))
            await settle()
            ws.timeout = True  # as features/timeouts.py does
            ws.protocol.schedule()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await ws.receive(), 'x')

        run(main())


class TestBuffers(unittest.TestCase):
    def test_buffers_that_are_not_of_bytes(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(TEXT, 'x'))
            for bad in (
                array('H', [1, 2]),
                memoryview(array('H', [1, 2])),
                array('B', [1]),
                [1],
                5,
            ):
                with self.assertRaises(TypeError):
                    await ws.receive_into(bad)
                with self.assertRaises(TypeError):
                    async for _ in ws.stream(bad):
                        pass
            self.assertEqual(await ws.receive(), 'x')

        run(main())
