"""How the extension reads: to which memory, and which it keeps.
On CPython with the extension only."""

import asyncio
import gc

import pytest
from _wscodec import Protocol
from extension_connection import SIZE, calling_back, opened, outside
from frames import BINARY, CLOSE, PING, TEXT, close, frame, pattern
from memory_stream import run, settle
from microdot_websocket.transport import Transport
from scripted_stream import connection, events_of, receive


def test_a_long_payload_is_read_straight_to_its_message():
    async def main():
        p, transport, peer = opened()
        task = asyncio.create_task(receive(p))
        await settle()
        header, payload = frame(BINARY, pattern(60000))[:8], frame(BINARY, pattern(60000))[8:]
        peer.feed(header)
        await settle()
        assert len(transport.get_buffer(-1)) == 60000
        peer.feed(payload[:50000])
        await settle()
        assert len(transport.get_buffer(-1)) == 10000
        peer.feed(payload[50000:])
        assert await task == pattern(60000)

    run(main())


def test_pieces_come_while_no_task_reads():
    """Of a long message that one has begun to read, and the next one goes on with."""

    async def main():
        message = pattern(100000)
        data = frame(BINARY, message) + frame(TEXT, 'next')
        for size in (1, 1000, 5000, 30000):
            p, _, peer = opened()
            task = asyncio.create_task(receive(p))
            await settle()
            outside(peer.feed, data[:9])
            await settle()
            task.cancel()
            await asyncio.wait([task])
            p.register()
            at = 9
            for _ in range(20):
                peer.feed(data[at : at + size])
                at += size
            task = asyncio.create_task(receive(p))
            await settle()
            peer.feed(data[at:])
            assert await task == message
            assert await receive(p) == 'next'

    run(main())


def test_a_connection_that_waits_has_no_buffer():
    async def main():
        import tracemalloc

        async def waiting(data):
            p, _, peer = opened(1 << 17)
            task = asyncio.create_task(receive(p))
            outside(peer.feed, data)
            await settle()
            return p, task

        # Parts of a header, of a control frame, of a message.
        parts = b'', b'\x81', frame(PING, bytes(125))[:-1], frame(BINARY, b'x' * 3000)[:2000]
        kept = [await waiting(b'')]
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()  # if another test has started it
            for _ in range(10):
                for part in parts:
                    kept.append(await waiting(part))
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (after - before) / len(kept) < 16384
        for p, task in kept:
            p.abort()
            await task

    run(main())


def test_bytes_that_nobody_reads_are_bounded():
    async def main():
        p, transport, peer = opened()
        await settle()
        data = frame(BINARY, bytes(1000)) * 40
        peer.feed(data)
        assert not peer.transport.reads
        assert len(peer.incoming) == len(data) - SIZE
        for _ in range(40):
            assert await receive(p) == bytes(1000)
        assert peer.transport.reads

    run(main())


def test_a_loop_that_does_not_pause():
    """As a transport of another kind may do: what comes is kept all the same."""

    async def main():
        p, transport, peer = opened()
        data = frame(BINARY, pattern(1000)) * 60
        for i in range(0, len(data), 2999):
            piece = data[i : i + 2999]
            while piece:
                buf = transport.get_buffer(len(piece))
                n = min(len(buf), len(piece))
                buf[:n], piece = piece[:n], piece[n:]
                transport.buffer_updated(n)
        assert [await receive(p) for _ in range(60)] == [pattern(1000)] * 60

    run(main())


def test_a_view_that_is_kept():
    """It shows memory that is still there, whatever becomes of the connection."""

    async def main():
        views = []
        for _ in range(20):
            p, transport, peer = opened()
            peer.feed(frame(BINARY, bytes(50000))[:20000])
            p.read(-1, None)
            views.append(transport.get_buffer(-1))
            p.abort()
            del p, transport, peer
        gc.collect()
        for view in views:
            view[:] = bytes(len(view))

    run(main())


class Stream(Transport):
    """Has the bytes of `data`, and gives each view that it has read to `after`."""

    def __init__(self, data, after):
        self.data, self.after = data, after

    def readinto(self, buf):
        n = min(len(buf), len(self.data))
        buf[:n], self.data = self.data[:n], self.data[n:]
        self.after(buf)
        return n or None

    def wait(self, direction):
        return ()


def test_a_stream_releases_its_view():
    for _ in range(3):
        p = connection(Protocol, Stream(frame(TEXT, 'x'), memoryview.release))
        assert p.read(-1, None) == 'x'


def test_a_stream_keeps_its_view():
    """Of a buffer of the caller's, which is not resized then."""
    kept, sink = [], bytearray(100000)
    stream = Stream(frame(BINARY, bytes(90000))[:30000], kept.append)
    p = connection(Protocol, stream)
    for data in (b'', b'x' * 30000):
        stream.data += data
        assert not p.read(-1, sink)
    with pytest.raises(BufferError):
        sink.clear()
    for view in kept:
        view[:] = bytes(len(view))


def test_after_the_end():
    async def main():
        p, transport, peer = opened()
        peer.feed(close(1000))
        assert await events_of(p) == [(CLOSE, (1000, ''))]
        peer.feed(frame(TEXT, 'late') * 10000)
        assert p.drain() is None
        p.abort()
        assert p.drain() is True
        peer.feed(frame(TEXT, 'later'))
        assert p.read(-1, None) is False

    run(main())


PARTS = b'\x81', b'\x81\xfe\x01', frame(PING, b'p' * 9)[:-1]


def test_a_part_of_a_header_is_kept():
    """When the task that waits for the rest is cancelled, or told to run, and reads again."""

    async def main():
        for part in PARTS:
            whole = frame(TEXT, 'x' * 300) if part[0] == 0x81 else frame(PING, b'p' * 9)
            whole = part + whole[len(part) :]
            for again in ('cancel', 'schedule'):
                p, _, peer = opened()
                task = asyncio.create_task(receive(p))
                await settle()
                outside(peer.feed, whole[: len(part)])
                await settle()
                if again == 'cancel':
                    task.cancel()
                    await asyncio.wait([task])
                    p.register()
                else:
                    p.schedule()
                    assert await task is False
                for _ in range(2):
                    assert p.read(-1, None) is None
                    assert p.waiting  # so that the limit for a frame goes on
                peer.feed(whole[len(part) :] + frame(TEXT, 'next'))
                first = await receive(p)
                assert (first or p.data) == ('x' * 300 if part[0] == 0x81 else b'p' * 9)
                assert await receive(p) == 'next'

    run(main())


def test_a_close_is_found_behind_a_part_of_a_header():
    async def main():
        data = frame(TEXT, 'x' * 300) + close(1000)
        for n in (1, 3, 7):
            p, _, peer = opened()
            task = asyncio.create_task(receive(p))
            await settle()
            outside(peer.feed, data[:n])
            await settle()
            p.schedule()
            assert await task is False
            assert p.drain() is None
            peer.feed(data[n:])
            assert p.drain() is True

    run(main())


def test_calls_of_a_stream_while_it_is_asked_what_is_sent():
    """By a read(), which sends first what is corked."""

    class Asked(Stream):
        raised = None

        def write(self, data):
            return len(data)

        def is_sent(self):
            self.raised = pytest.raises(RuntimeError, p.read, -1, bytearray(50000))
            return True

    stream = Asked(frame(TEXT, 'x') + frame(BINARY, pattern(90000)), lambda view: None)
    p = connection(Protocol, stream)
    assert p.read(-1, None) == 'x'
    p.write('reply', None)
    sink = bytearray(90000)
    assert p.read(-1, sink) == 90000
    assert stream.raised
    assert sink == pattern(90000)


def test_bytes_come_while_asyncio_is_told_to_read_on():
    """Not to the buffer of the call that does so, which keeps it no longer than that."""

    async def main():
        p, transport, asyncios = calling_back('resume_reading')
        data = frame(BINARY, pattern(90000))

        def arrive():
            nonlocal data
            buf = transport.get_buffer(-1)
            n = min(len(buf), len(data))
            buf[:n], data = data[:n], data[n:]
            transport.buffer_updated(n)

        data += frame(TEXT, 'x')
        arrive()  # the read buffer is full now
        asyncios.hook = arrive
        assert p.read(-1, bytearray(90000)) is False
        while data:
            assert not p.read(-1, None)  # it is passed over
            arrive()
        assert await receive(p) == 'x'

    run(main())
