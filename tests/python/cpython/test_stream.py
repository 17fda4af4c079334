"""SocketStream over CPython's streams; what it does for send() is tested in test_websocket.py."""

import asyncio

import pytest
from memory_stream import open_pair, run, settle
from microdot_websocket.cpython.stream import SocketStream


def test_flush_waits_until_all_is_sent():
    async def main():
        reader, writer, peer = open_pair()
        stream = SocketStream(reader, writer)
        assert not stream.write_frame(2, b'x' * 50)
        peer.give_room(1)
        assert stream.write_frame(2, b'y' * 50)
        task = asyncio.create_task(stream.flush())
        await settle()
        peer.give_room(50)
        await settle()
        assert not task.done()
        peer.give_room(1)
        await task
        assert peer.sent == b'\x82\x32' + b'x' * 50 + b'\x82\x32' + b'y' * 50

    run(main())


def test_what_waits_is_not_written_behind():
    async def main():
        reader, writer, peer = open_pair()
        stream = SocketStream(reader, writer)
        peer.give_room(1)
        assert stream.write_frame(2, b'x')
        assert stream.write_frame(2, b'y') is None
        assert stream.write_frame(8, b'')  # but a Close is
        peer.give_room(99)
        assert peer.sent == b'\x82\x01x\x88\x00'

    run(main())


def test_waiting():
    async def main():
        reader, writer, peer = open_pair()
        stream = SocketStream(reader, writer)
        peer.give_room(1)
        stream.write_frame(2, b'x' * 50)
        assert not stream.waiting  # no task does
        task = asyncio.create_task(stream.flush())
        await settle()
        before = stream.waiting
        assert before
        assert stream.waiting == before
        peer.give_room(1)
        assert stream.waiting != before
        peer.give_room(None)
        await task
        assert not stream.waiting

    run(main())


def test_end_reading_and_abort():
    async def ends(coroutine):
        with pytest.raises(OSError):
            await coroutine

    async def main():
        reader, writer, peer = open_pair()
        stream = SocketStream(reader, writer)
        peer.give_room(1)
        stream.write_frame(2, b'x' * 50)
        reading = asyncio.create_task(ends(stream.readable()))
        writing = asyncio.create_task(ends(stream.flush()))
        await settle()
        stream.end_reading()
        await reading
        assert not writing.done()
        stream.abort()
        await writing
        assert len(peer.sent) == 1

    run(main())
