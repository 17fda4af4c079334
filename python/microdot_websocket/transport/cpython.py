"""A connection of CPython's asyncio, without the ``StreamReader`` in between."""

import asyncio
import errno
from collections import deque

from . import Transport

if False:  # for type checkers alone
    from collections.abc import Iterator
    from typing import Any

    from .._types import Buffer, Bytes


_HIGH = 1 << 17  # bytes that may have arrived without being read, until the peer has to wait


class StreamTransport(asyncio.Protocol, Transport):
    """
    :param reader, writer: asyncio's streams, of which it takes what has arrived.

    From now on the transport's bytes come here. The streams' own protocol (the "former" one) is
    told of all else, so that the writer's ``drain()``, ``close()`` and ``wait_closed()`` still
    work."""

    _reading: 'asyncio.Future | None'
    _writing: 'asyncio.Future | None'

    def __init__(self, reader: 'Any', writer: 'Any') -> None:
        self._transport = transport = writer.transport
        self._loop = asyncio.get_running_loop()
        self._chunks: deque[bytes | memoryview] = deque()  # of what has arrived
        self._size = 0  # bytes in there
        self._paused = False  # the peer has to wait
        self._ended = False
        self._error: Exception | None = None
        self._reading = self._writing = None  # the Futures that tasks wait for
        self._former = transport.get_protocol()
        data, self._ended, self._error = take_over(reader, transport)
        if data:
            self.data_received(data)
        transport.set_protocol(self)
        # So each frame is waited for until the system has all of it: nothing piles up in memory.
        try:
            transport.set_write_buffer_limits(high=0)
        except AttributeError:
            self.connection_lost(None)  # see _Lost

    # What asyncio calls

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        if self._size > _HIGH and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake(self._reading)

    def eof_received(self) -> 'bool | None':
        self._ended = True
        self._wake(self._reading)
        return self._former.eof_received()

    def connection_lost(self, exc: 'Exception | None') -> None:
        self._ended = True
        self._error = self._error or exc
        self._transport = _LOST
        self._wake(self._reading)
        self._wake(self._writing)
        self._former.connection_lost(exc)

    def pause_writing(self) -> None:
        self._former.pause_writing()

    def resume_writing(self) -> None:
        self._wake(self._writing)
        self._former.resume_writing()

    @staticmethod
    def _wake(future: 'asyncio.Future | None') -> None:
        if future and not future.done():
            future.set_result(None)

    # What Protocol calls

    def readinto(self, buf: 'Buffer') -> 'int | None':
        if not self._chunks:
            if self._error:
                raise OSError(errno.ECONNRESET, str(self._error))
            return 0 if self._ended else None
        chunk = self._chunks[0]
        n = len(chunk)
        room = len(buf)
        if n <= room:
            self._chunks.popleft()
            buf[:n] = chunk
        else:
            n = room
            chunk = memoryview(chunk)
            buf[:] = chunk[:n]
            self._chunks[0] = chunk[n:]
        self._size -= n
        if self._paused and not self._size:
            self._paused = False
            self._transport.resume_reading()
        return n

    def write(self, buf: 'Bytes') -> int:
        # One that has lost its peer would take it silently.
        if self._transport.is_closing():
            raise OSError(errno.ECONNABORTED, 'connection lost')
        self._transport.write(buf)
        return len(buf)

    @property
    def unsent(self) -> int:  # type: ignore[override]
        return self._transport.get_write_buffer_size()

    def is_sent(self) -> bool:
        if self._transport.is_closing():
            raise OSError(errno.ECONNABORTED, 'connection lost')
        return not self.unsent

    def wait(self, direction: int) -> 'Any':
        waiting = self._writing if direction else self._reading
        if waiting and not waiting.done():
            return None
        if self.unsent == 0 if direction else self._chunks or self._ended:
            return _TURN
        future = self._loop.create_future()
        if direction:
            self._writing = future
        else:
            self._reading = future
        return future

    def wake(self) -> bool:
        waits = self._reading is not None and not self._reading.done()
        self._wake(self._reading)
        return waits

    def abort(self) -> None:
        if self.unsent:
            self._transport.abort()
        else:
            self._transport.close()
        self._ended = True
        self._wake(self._reading)
        self._wake(self._writing)


def take_over(reader: 'Any', transport: 'Any') -> 'tuple[bytes, bool, Exception | None]':
    """What asyncio's ``reader`` has of its ``transport``: (what has arrived, whether nothing more
    will come, the error that is why). These are internals of asyncio/streams.py, which has had them
    since Python 3.4; without ``_buffer`` what came with the handshake would be lost, without
    ``_paused`` a transport that it has paused would stay so."""
    data = bytes(reader._buffer)
    reader._buffer.clear()
    if reader._paused:
        reader._paused = False
        transport.resume_reading()
    return data, reader.at_eof() or transport.is_closing(), reader.exception()


class _Lost:
    """In place of a transport that has lost its connection. Before Python 3.11 that of TLS takes
    what is written, says that it is not closing, and has nothing left for the rest to ask."""

    def is_closing(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0

    def resume_reading(self) -> None:
        pass

    abort = close = resume_reading


_LOST: 'Any' = _Lost()


class _Turn:
    """To await: the other tasks run once."""

    def __iter__(self) -> 'Iterator[None]':
        yield


_TURN = _Turn()
