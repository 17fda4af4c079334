"""A connection as a stream of bytes."""

import asyncio
import unittest

from connection import close_frame, frames_to, open_websocket
from frames import BINARY, CONT, TEXT, close, frame
from memory_stream import run, settle
from microdot_websocket import byte_stream, client
from microdot_websocket.byte_stream import ByteStream, open_connection

FIN = 0x80


async def open_stream(**attributes):
    """(stream, peer)"""
    ws, peer = await open_websocket(**attributes)
    return ByteStream(ws), peer


def payloads(peer):
    """Of the binary messages that were sent."""
    found = frames_to(peer)
    assert all(first == FIN | BINARY for first, _ in found), found
    return [bytes(payload) for _, payload in found]


async def error_of(awaitable):
    try:
        await awaitable
    except Exception as exc:
        return exc
    raise AssertionError('no error')


class TestReading(unittest.TestCase):
    def test_frames_mean_nothing(self):
        async def main():
            stream, peer = await open_stream()
            peer.feed(frame(BINARY, b'ab') + frame(BINARY, b'') + frame(BINARY, b'cdef'))
            self.assertEqual(await stream.readexactly(1), b'a')
            self.assertEqual(await stream.readexactly(3), b'bcd')
            self.assertEqual(await stream.readexactly(0), b'')
            self.assertEqual(await stream.read(1), b'e')
            self.assertEqual(await stream.read(9), b'f')
            self.assertEqual(await stream.read(0), b'')
            peer.feed(frame(BINARY, b'', fin=False) + frame(CONT, b'gh', fin=False))
            task = asyncio.create_task(stream.read(100))
            await settle()
            self.assertFalse(task.done())
            peer.feed(frame(CONT, b'i'))
            self.assertEqual(await task, b'ghi')

        run(main())

    def test_lines(self):
        async def main():
            stream, peer = await open_stream()
            for part in b'x', b'one\ntw', b'o', b'\n\nthr', b'ee':
                peer.feed(frame(BINARY, part))
            self.assertEqual(await stream.readexactly(1), b'x')
            for line in b'one\n', b'two\n', b'\n':
                self.assertEqual(await stream.readline(), line)
            peer.feed(close(1000))
            self.assertEqual(await stream.readline(), b'three')
            self.assertEqual(await stream.readline(), b'')

        run(main())

    def test_the_end(self):
        async def main(how):
            stream, peer = await open_stream()
            peer.feed(frame(BINARY, b'abc'))
            how(peer)
            self.assertEqual(await stream.readexactly(2), b'ab')
            exc = await error_of(stream.readexactly(2))
            self.assertTrue(isinstance(exc, EOFError), exc)
            self.assertEqual(getattr(exc, 'partial', b'c'), b'c')
            for n in 5, -1:
                self.assertEqual(await stream.read(n), b'')
            self.assertEqual(await stream.readline(), b'')
            exc = await error_of(stream.readexactly(1))
            self.assertTrue(isinstance(exc, EOFError), exc)
            self.assertTrue(stream.is_closing())

        run(main(lambda peer: peer.feed(close(1000))))
        run(main(lambda peer: peer.feed(close(1011))))
        run(main(lambda peer: peer.end()))

    def test_until_the_end(self):
        async def main():
            stream, peer = await open_stream()
            peer.feed(frame(BINARY, b'xab') + frame(BINARY, b'c') + close(1000))
            self.assertEqual(await stream.read(1), b'x')
            self.assertEqual(await stream.read(), b'abc')

        run(main())

    def test_text_ends_it(self):
        async def main():
            stream, peer = await open_stream(close_timeout=0)
            peer.feed(frame(BINARY, b'a') + frame(TEXT, 'b') + frame(BINARY, b'c'))
            self.assertEqual(await stream.read(), b'a')
            self.assertEqual(frames_to(peer), [close_frame(1003)])

        run(main())

    def test_less_than_nothing(self):
        async def main():
            stream, peer = await open_stream()
            peer.feed(frame(BINARY, b'abcd'))
            self.assertEqual(await stream.readexactly(1), b'a')
            with self.assertRaises(ValueError):
                await stream.readexactly(-1)
            self.assertEqual(await stream.readexactly(3), b'bcd')

        run(main())

    def test_nothing_is_lost_when_it_is_cancelled(self):
        async def main():
            stream, peer = await open_stream()
            for read in lambda: stream.readexactly(5), stream.readline:
                task = asyncio.create_task(read())
                peer.feed(frame(BINARY, b'ab'))
                await settle()
                task.cancel()
                await settle()
                peer.feed(frame(BINARY, b'cd\n'))
                self.assertEqual(await read(), b'abcd\n')

        run(main())


class TestWriting(unittest.TestCase):
    def test_one_message_a_turn(self):
        async def main():
            stream, peer = await open_stream()
            data = bytearray(b'a')
            stream.write(data)
            stream.write(memoryview(b'b'))
            stream.write(b'')
            data[0] = 0  # it is the caller's again
            await stream.drain()
            self.assertEqual(payloads(peer), [b'ab'])
            await stream.drain()
            stream.write(b'')
            await settle()
            self.assertEqual(payloads(peer), [])
            stream.write(b'c')  # and nobody calls drain()
            stream.write(b'd')
            await settle()
            stream.write(b'e')
            await settle()
            self.assertEqual(payloads(peer), [b'cd', b'e'])
            await stream.awrite(b'f')
            self.assertEqual(payloads(peer), [b'f'])

        run(main())

    def test_a_slow_peer(self):
        """drain() waits for it, whoever has sent the bytes; and all keeps its order."""

        async def main():
            stream, peer = await open_stream()
            peer.give_room(3)
            stream.write(b'abcd')
            await settle()
            stream.write(b'ef')
            await settle()
            task = asyncio.create_task(stream.drain())
            await settle()
            self.assertFalse(task.done())
            stream.write(b'gh')
            await asyncio.sleep(0.03)
            peer.give_room(None)
            await task
            await until(lambda: len(peer.sent) >= 12)
            self.assertEqual(payloads(peer), [b'abcd', b'efgh'])  # what has waited is one frame

        run(main())

    def test_nothing_is_lost_when_drain_is_cancelled(self):
        async def main():
            stream, peer = await open_stream()
            peer.give_room(3)
            stream.write(b'abcd')
            await settle()
            for part in b'ef', b'gh':  # behind the one before, which is half out
                stream.write(part)
                task = asyncio.create_task(stream.drain())
                await settle()
                task.cancel()
                await settle()
                self.assertTrue(task.done())
            peer.give_room(None)
            await until(lambda: len(peer.sent) >= 12)
            self.assertEqual(payloads(peer), [b'abcd', b'efgh'])

        run(main())

    def test_it_has_ended(self):
        async def main(write):
            stream, peer = await open_stream()
            stream.ws.abort()
            if write:
                stream.write(b'a')
            exc = await error_of(stream.drain())
            self.assertTrue(isinstance(exc, OSError), exc)
            kept = len(stream._unsent)
            stream.write(b'b')  # as asyncio's: it says nothing
            self.assertEqual(len(stream._unsent), kept)  # and a board has no memory for it
            await settle()
            await stream.wait_closed()
            self.assertEqual(payloads(peer), [])

        run(main(True))
        run(main(False))

    def test_close(self):
        async def main():
            stream, peer = await open_stream()
            stream.write(b'last')
            self.assertFalse(stream.is_closing())
            stream.close()
            stream.close()
            self.assertTrue(stream.is_closing())
            await settle()
            peer.feed(close(1000))
            await stream.wait_closed()
            await stream.aclose()
            self.assertEqual(frames_to(peer), [(FIN | BINARY, b'last'), close_frame(1000)])
            self.assertTrue(stream.ws.closed)
            self.assertEqual(stream.get_extra_info('peername', 5), 5)

        run(main())

    def test_close_is_cancelled(self):
        """Nobody will close it later, so it is dropped; and that is the end of it."""

        async def main(room, unsent, turns=9):
            stream, peer = await open_stream()
            peer.give_room(room)
            if unsent:
                stream.write(b'abcd')
                await settle()
                stream.write(b'ef')
            task = asyncio.create_task(stream.wait_closed())
            await settle(turns)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(stream.ws.state, 3)
            stream.close()
            await stream.wait_closed()

        run(main(3, True))  # before the Close is sent
        run(main(3, True, 1))  # before anything
        run(main(None, False))  # while it waits for the peer's


def fail(*args):
    raise MemoryError


def fail_to_run(coroutine):
    coroutine.close()
    raise MemoryError


class TestNoMemory(unittest.TestCase):
    """There is nothing left that nobody closes."""

    def test_for_what_was_received(self):
        """What comes behind a gap would be taken for something else."""

        class Full:
            def __len__(self):
                return 0

            def __getitem__(self, _):
                raise MemoryError

        async def main():
            stream, peer = await open_stream()
            stream._data = Full()
            peer.feed(frame(BINARY, b'abc'))
            exc = await error_of(stream.read(5))
            self.assertTrue(isinstance(exc, MemoryError), exc)
            self.assertTrue(stream.ws.closed)

        run(main())

    def test_to_send(self):
        async def main():
            stream, peer = await open_stream()
            stream.write(b'abc')
            byte_stream.bytearray = fail
            try:
                exc = await error_of(stream.drain())
                self.assertTrue(isinstance(exc, MemoryError), exc)
                await asyncio.sleep(0.03)  # nor has the timer any
                self.assertEqual(payloads(peer), [])
            finally:
                del byte_stream.bytearray
            await until(lambda: peer.sent)
            self.assertEqual(payloads(peer), [b'abc'])

        run(main())

    def test_to_close(self):
        async def main():
            stream, _ = await open_stream()
            create_task, asyncio.create_task = asyncio.create_task, fail_to_run
            try:
                stream.close()
            finally:
                asyncio.create_task = create_task
            self.assertTrue(stream.ws.closed)
            await stream.wait_closed()

        run(main())

    def test_to_say_so(self):
        async def main():
            stream, _ = await open_stream()
            stream.ws.close = fail
            await stream.wait_closed()
            self.assertTrue(stream.ws.closed)

        run(main())

    def test_to_make_one(self):
        class WebSocket:
            aborted = False

            def abort(self):
                self.aborted = True

        async def connect(url):
            return ws

        ws = WebSocket()
        make, byte_stream.ByteStream = ByteStream, fail
        byte_stream.connect = connect
        try:
            with self.assertRaises(MemoryError):
                run(open_connection('ws://a/'))
        finally:
            byte_stream.ByteStream = make
            byte_stream.connect = client.connect
        self.assertTrue(ws.aborted)


async def until(condition):
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError('it does not come')


class TestOpenConnection(unittest.TestCase):
    def test_options(self):
        async def main():
            reader, writer = await open_connection('ws://a/mqtt', subprotocols=('mqtt',))
            self.assertTrue(reader is writer)
            self.assertEqual(reader.ws, ('ws://a/mqtt', {'subprotocols': ('mqtt',)}))

        async def connect(url, **options):
            return url, options

        byte_stream.connect = connect
        try:
            run(main())
        finally:
            byte_stream.connect = client.connect
