"""Who calls the transport of the extension in a wrong way.
On CPython with the extension only."""

import gc

import pytest
from _wscodec import Protocol, Transport
from extension_connection import SIZE, opened
from frames import BINARY, TEXT, frame
from memory_stream import run
from scripted_stream import connection, receive


def test_a_transport_that_is_not_open():
    async def main():
        transport = Transport()
        buf = transport.get_buffer(-1)
        buf[:2] = b'ab'
        transport.buffer_updated(2)
        for n in (1, -1, 1 << 70, 'x'):
            with pytest.raises((ValueError, OverflowError, TypeError)):
                transport.buffer_updated(n)
        transport.feed(b'abc')
        with pytest.raises(TypeError):
            transport.feed('abc')
        transport.end(None)
        transport.end(OSError())
        transport.lose()
        for args in ((), (1,), (object(), None, -1), (1, 2, 'x')):
            with pytest.raises((TypeError, AttributeError)):
                transport.open(*args)
        with pytest.raises(AttributeError):
            Protocol(Transport(), None, 200, 100, 0, 0, 0)

    run(main())


def test_more_than_was_shown():
    async def main():
        p, transport, peer = opened()
        for n in (-1, SIZE + 1, 1 << 40):
            transport.get_buffer(-1)
            with pytest.raises(ValueError):
                transport.buffer_updated(n)
        with pytest.raises(ValueError):
            transport.buffer_updated(1)
        peer.feed(frame(TEXT, 'x'))
        assert await receive(p) == 'x'

    run(main())


def test_where_it_was_shown_to_read_to_is_gone():
    """Since the protocol was called before the transport was told what has come."""

    async def main():
        p, transport, peer = opened()
        one = frame(TEXT, 'x' * 16)
        for before in (b'', one * 3):
            peer.feed(before)
            buf = transport.get_buffer(-1)
            while p.read(-1, None):
                pass
            buf[: len(one)] = one
            with pytest.raises(ValueError):
                transport.buffer_updated(len(one))
            assert p.read(-1, None) is None
        peer.feed(frame(BINARY, bytes(60000))[:20000])
        p.read(-1, None)
        buf = transport.get_buffer(-1)
        p.drain()
        with pytest.raises(ValueError):
            transport.buffer_updated(len(buf))
        assert p.drain() is None

    run(main())


def test_what_it_shows_cannot_be_resized():
    async def main():
        p, transport, peer = opened()
        for incoming in (b'', frame(BINARY, bytes(60000))[:20000], frame(BINARY, bytes(40000)) * 2):
            peer.feed(incoming)
            buf = transport.get_buffer(-1)
            size, owner = len(buf), buf.obj
            del buf
            for change in ('clear', 'append', 'extend', 'resize'):
                assert not hasattr(owner, change)
            transport.get_buffer(-1)
            transport.buffer_updated(size)

    run(main())


def test_the_collector_runs_while_room_is_made():
    """And takes the protocol, which nobody has any more: a sanitizer sees what becomes of it."""

    async def main():
        other = opened()
        p, transport, peer = opened()
        other[2].feed(frame(TEXT, 'x'))  # it has the read buffer that lay ready
        cycle = [p]
        cycle.append(cycle)
        thresholds = gc.get_threshold()
        del p, cycle
        gc.set_threshold(1)
        try:
            buf = transport.get_buffer(-1)
        finally:
            gc.set_threshold(*thresholds)
        buf[:1] = b'x'
        transport.buffer_updated(1)

    run(main())


def test_two_protocols_on_one_transport():
    async def main():
        first, transport, peer = opened()
        second = connection(Protocol, transport)
        peer.feed(frame(TEXT, 'x'))
        assert await receive(second) == 'x'
        del first
        peer.feed(frame(TEXT, 'y'))
        assert await receive(second) == 'y'
        del second
        peer.feed(frame(TEXT, 'z'))

    run(main())
