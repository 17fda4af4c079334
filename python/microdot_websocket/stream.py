"""What a WebSocket needs of a stream, over MicroPython's ``asyncio.Stream``.

Three kinds of stream have this interface: ``SocketStream`` here and in ``cpython/stream.py``,
``PlainStream`` in ``plain_stream.py``. ``open_stream`` picks.

``readinto(buf)``: a coroutine; bytes read, 0 at the end, or None if there was nothing after all.
``write_frame(opcode, payload)``: takes a whole frame at once, so that frames of many tasks never
interleave; True if a part of it waits for ``flush()``. ``payload`` is str, bytes, bytearray or
memoryview; it must not change until then.
``flush()``: a coroutine; returns once all that was written has been handed to the system.
Cancelling it loses nothing: what is left goes out with the next flush.
``abandon()``: the connection is to be closed, with what has not been sent by now.
"""

import sys

from .protocol import write_header

_MUTABLE = bytearray, memoryview
_SMALL = 1024  # payloads up to this are copied behind their header: one write, one TCP segment


class SocketStream:
    """Over MicroPython's ``asyncio.Stream``, whose own ``drain()`` fails when two tasks await it,
    forgets how far it was when it is cancelled, and yields even if there is nothing to send."""

    needs = 's'  # the attribute that tells this kind of stream

    # Shared by all connections: it is filled and written without an await in between.
    _scratch = None

    def __init__(self, reader, writer):
        self.readinto = reader.readinto
        self._socket = writer.s
        self._unsent = []  # buffers, in order; empty nearly always
        self._lent = False  # one of them shows memory that its owner may change
        self._lock = None  # made when a task first has to wait
        if SocketStream._scratch is None:
            SocketStream._scratch = memoryview(bytearray(10 + _SMALL))
        try:
            # Or a small frame waits for the acknowledgement of the one before it (Nagle).
            self._socket.setsockopt(6, 1, 1)  # IPPROTO_TCP, TCP_NODELAY
        except (AttributeError, OSError, ValueError):
            pass  # TLS, a stream that is no socket, or a port without the option

    def write_frame(self, opcode, payload):
        lent = isinstance(payload, _MUTABLE)
        if isinstance(payload, str):
            payload = memoryview(payload)  # its UTF-8, not a copy
        length = len(payload)
        scratch = self._scratch
        size = write_header(scratch, opcode, length)
        # The first bytes of a long payload go with the header: no tiny segment.
        first = min(length, _SMALL)
        scratch[size : size + first] = payload if first == length else memoryview(payload)[:first]
        if not self._write(scratch[: size + first]):
            self._unsent[-1] = bytes(self._unsent[-1])  # the scratch buffer has other users
        if first < length and not self._write(memoryview(payload)[first:]):
            self._lent = self._lent or lent
        return bool(self._unsent)

    def _write(self, buf):
        """Send what the socket takes; queue the rest, and return False if there is one."""
        if not self._unsent:
            n = self._socket.write(buf) or 0
            if n == len(buf):
                return True
            buf = buf[n:]
        self._unsent.append(buf)
        return False

    async def flush(self):
        if self._lock is None:
            from asyncio import Lock

            self._lock = Lock()
        try:
            async with self._lock:
                await self._flush()
        except BaseException:
            # Cancelled: the sender may change its buffer from now on.
            if self._lent:
                for i, buf in enumerate(self._unsent):
                    self._unsent[i] = bytes(buf)
            raise

    def _flush(self):
        # A coroutine in the way that asyncio.Stream writes them: only a bare yield can wait for
        # the socket.
        from asyncio import core

        unsent = self._unsent
        while unsent:
            yield core._io_queue.queue_write(self._socket)
            buf = unsent[0]
            n = self._socket.write(buf) or 0
            if n == len(buf):
                unsent.pop(0)
            else:
                unsent[0] = memoryview(buf)[n:]
        self._lent = False

    def abandon(self):
        pass  # closing the socket does not wait


if sys.implementation.name == 'cpython':
    from .cpython.stream import SocketStream  # noqa: F811


def is_in_process(writer):
    """Whether this is no network stream: Microdot's TestClient has only ``awrite``."""
    return not hasattr(writer, 'write')


def open_stream(reader, writer):
    """The stream for a Microdot request's ``sock``."""
    if not hasattr(writer, SocketStream.needs):
        from .plain_stream import PlainStream

        return PlainStream(reader, writer)
    return SocketStream(reader, writer)
