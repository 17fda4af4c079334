"""send_stream(): one message in fragments."""

import asyncio
import unittest

from connection import close_frame, end_of, frames_to, open_websocket
from frames import BINARY, CONT, PING, TEXT, frame
from memory_stream import run, settle, turns_beside

FIN = 0x80


class Chunks:
    """An async iterable that lets other tasks run before each chunk."""

    def __init__(self, *chunks):
        self.chunks = list(chunks)

    def __aiter__(self):
        return self

    async def __anext__(self):
        await settle(2)
        if not self.chunks:
            raise StopAsyncIteration
        chunk = self.chunks.pop(0)
        if isinstance(chunk, Exception):
            raise chunk
        return chunk


class TestSendStream(unittest.TestCase):
    def test_fragments(self):
        async def main():
            ws, peer = await open_websocket()
            buffer = bytearray(b'abc')
            for chunks, expected in (
                (['a', 'é'], [(TEXT, b'a'), (CONT, 'é'.encode())]),
                ([b'a', buffer, memoryview(buffer)], [(BINARY, b'a')] + [(CONT, b'abc')] * 2),
                ([b'x' * 2000], [(BINARY, b'x' * 2000)]),
            ):
                for how in (iter(chunks), Chunks(*chunks)):
                    await ws.send_stream(how)
                    self.assertEqual(frames_to(peer), expected + [(FIN | CONT, b'')])
            await ws.send_stream([])
            self.assertEqual(frames_to(peer), [(FIN | BINARY, b'')])

        run(main())

    def test_a_buffer_may_be_used_again(self):
        async def main():
            ws, peer = await open_websocket()
            buffer = bytearray(2000)

            def chunks():
                for i in range(3):
                    buffer[:] = bytes([i]) * 2000
                    yield buffer

            peer.give_room(100)
            task = asyncio.create_task(ws.send_stream(chunks()))
            await settle()
            peer.give_room(None)
            await task
            sent = [payload for _, payload in frames_to(peer)]
            self.assertEqual(sent, [bytes([i]) * 2000 for i in range(3)] + [b''])

        run(main())

    def test_what_other_tasks_send(self):
        """Control frames go in between, other messages wait."""

        async def main():
            ws, peer = await open_websocket()
            first = asyncio.create_task(ws.send_stream(Chunks('a', 'b', 'c')))
            await settle(4)
            receiver = asyncio.create_task(ws.receive())
            tasks = [asyncio.create_task(ws.send('other')) for _ in range(2)]
            tasks.append(asyncio.create_task(ws.send_stream(['d'])))
            peer.feed(frame(PING, b'p') + frame(TEXT, 'x'))
            self.assertEqual(await receiver, 'x')
            for task in [first] + tasks:
                await task
            frames = frames_to(peer)
            self.assertTrue(0 < frames.index((0x8A, b'p')) < 4)
            frames.remove((0x8A, b'p'))
            self.assertEqual(
                frames[:4], [(TEXT, b'a'), (CONT, b'b'), (CONT, b'c'), (FIN | CONT, b'')]
            )
            others = frames[4:]
            at = others.index((TEXT, b'd'))
            self.assertEqual(others[at : at + 2], [(TEXT, b'd'), (FIN | CONT, b'')])
            del others[at : at + 2]
            self.assertEqual(others, [(FIN | TEXT, b'other')] * 2)
            self.assertEqual(ws.waiting, 0)
            await ws.send('end')
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'end')])

        run(main())

    def test_others_run_beside_it(self):
        """However many chunks there are, of which none has to be waited for."""

        async def main():
            ws, peer = await open_websocket()
            turns = await turns_beside(ws.send_stream(b'' for _ in range(100)))
            self.assertTrue(3 <= turns < 50, turns)

        run(main())

    def test_it_ends_while_one_waits(self):
        """For its next chunk, or for the lock."""

        async def main():
            ws, peer = await open_websocket()
            first = asyncio.create_task(end_of(ws.send_stream(Chunks('a', 'b'))))
            second = asyncio.create_task(end_of(ws.send_stream(['c'])))
            await settle(1)
            ws.abort('why')
            self.assertEqual(await first, (1006, 'why'))
            self.assertEqual(await second, (1006, 'why'))
            self.assertEqual(frames_to(peer), [])

        run(main())

    def test_chunks_that_raise(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            with self.assertRaises(ValueError):
                await ws.send_stream(Chunks('a', ValueError('made by a test')))
            self.assertEqual(frames_to(peer), [(TEXT, b'a'), close_frame(1011)])
            self.assertEqual(ws.close_code, 1011)
            # Before the first chunk nothing is lost.
            ws, peer = await open_websocket()
            with self.assertRaises(OSError):
                await ws.send_stream(Chunks(OSError(5)))
            await ws.send('x')
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x')])

        run(main())

    def test_wrong_types(self):
        async def main():
            for chunks in (['a', b'b'], [b'a', 'b'], [b'a', 1]):
                ws, peer = await open_websocket(close_timeout=0)
                with self.assertRaises(TypeError):
                    await ws.send_stream(chunks)
                self.assertTrue(ws.closed)
            ws, peer = await open_websocket()
            with self.assertRaises(TypeError):
                await ws.send_stream([1])
            self.assertFalse(ws.closed)

        run(main())

    def test_cancelling_closes(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            task = asyncio.create_task(ws.send_stream(Chunks(*['a'] * 100)))
            await settle(8)
            task.cancel()
            await settle()
            frames = frames_to(peer)
            self.assertEqual(frames[0], (TEXT, b'a'))
            self.assertEqual(frames[-1], close_frame(1011))
            self.assertEqual(await end_of(ws.send_stream(['x'])), (1011, ''))

        run(main())

    def test_a_lost_connection(self):
        async def main():
            ws, peer = await open_websocket()
            peer.fail(104)
            end = await end_of(ws.send_stream(['a'] * 100))
            self.assertEqual(end, (1006, 'connection lost'))

        run(main())
