"""The twin over a transport that keeps nothing of what it is given, as MicroPython's: what waits to
be sent is the sender's own memory."""

import pytest
from frames import BINARY, frame
from memory_stream import run
from microdot_websocket.core.twin import Protocol
from scripted_stream import Stream, connection, flush

WAITS = 3


class Keepless(Stream):
    keeps = False
    cancelled = False

    def requeue(self):
        return self.cancelled


def stopped(data):
    """(Protocol, its stream), which has taken a part of the data."""
    stream = Keepless()
    stream.give_room(50)
    p = connection(Protocol, stream)
    assert p.write(data, None) == WAITS
    return p, stream


def test_it_is_not_copied():
    async def main():
        data = bytearray(b'x' * 2000)
        p, stream = stopped(data)
        data[1000:] = b'y' * 1000  # which it should not, but so one sees whose memory it is
        stream.give_room(None)
        await flush(p)
        assert stream.sent == frame(BINARY, data, key=None)

    run(main())


def test_it_is_once_the_sender_was_cancelled():
    async def main():
        for cancelled in (True, False):
            data = bytearray(b'x' * 2000)
            p, stream = stopped(data)
            stream.cancelled = cancelled
            p.register()
            data[1000:] = b'y' * 1000
            stream.give_room(None)
            await flush(p)
            sent = b'x' * 2000 if cancelled else bytes(data)
            assert stream.sent == frame(BINARY, sent, key=None)

    run(main())


def test_it_became_shorter_or_longer():
    async def main():
        for size in (100, 3000):
            data = bytearray(2000)
            p, stream = stopped(data)
            data[:] = bytes(size)
            with pytest.raises(OSError):
                p.flush()

    run(main())
