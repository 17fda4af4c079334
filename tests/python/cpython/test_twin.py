"""The twin where memory ends, which on CPython no message brings about."""

from frames import BINARY, TEXT, frame
from memory_stream import run
from microdot_websocket.core import twin
from microdot_websocket.core.twin import Protocol
from scripted_stream import Stream, connection, events_of, receive

MEMORY = -21


def no_memory(*args):
    raise MemoryError


def test_none_for_the_message_itself(monkeypatch):
    """It has arrived, in memory of its own: only what read() returns is still to be made."""

    async def main():
        monkeypatch.setattr(twin, 'bytes', no_memory, raising=False)
        p = connection(Protocol, Stream(frame(BINARY, b'x' * 900), 100))
        assert await events_of(p) == [(MEMORY, 1009)]

    run(main())


def test_none_for_twice_the_message(monkeypatch):
    """Room for what will follow: it does without."""

    def at_most_500(n):
        if n > 500:
            raise MemoryError
        return bytearray(n)

    async def main():
        monkeypatch.setattr(twin, 'bytearray', at_most_500, raising=False)
        data = frame(TEXT, 'x' * 400, fin=False) + frame(0, 'y' * 9)
        p = connection(Protocol, Stream(data, 100))
        assert await receive(p) == 'x' * 400 + 'y' * 9

    run(main())
