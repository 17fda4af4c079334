"""What a WebSocket needs of a stream, over MicroPython's ``asyncio.Stream``.

Three kinds of stream have this interface: ``SocketStream`` here and in ``cpython/stream.py``,
``PlainStream`` in ``plain_stream.py``. ``open_stream`` picks.

``readable()``: a coroutine; returns once there may be something to read.
``readinto(buf)``: bytes read, without waiting; 0 at the end, None if there is nothing.
``write_frame(opcode, payload)``: takes a whole frame at once, so that frames of many tasks never
interleave. False: it has been handed to the system; True: a part of it waits for ``flush()``;
None: not taken, since an earlier frame waits (only a Close is let in behind one): flush first.
So no more than a frame is ever kept here. ``payload`` is str, bytes, bytearray or memoryview; it
must not change until it has been flushed.
``write(frame)``: the same as it is, a memoryview that never changes, behind what waits; never None.
``flush()``: a coroutine, for one task at a time; returns once all that was written has been handed
to the system. Cancelling it loses nothing: what is left goes out with the next flush.
``waiting``: false if no task waits in ``flush()``, else what changes whenever bytes go out.
``end_reading()``: the task in ``readable()`` gets an OSError.
``abort()``: so do all tasks; what has not been sent by now never will be. It must be called before
the socket is closed: what then still waits for it would use the next connection's, which the
system may give the same number.
"""

import asyncio
import sys

from .protocol import CLOSE, const, write_header

core = getattr(asyncio, 'core', None)  # MicroPython's event loop

_MUTABLE = bytearray, memoryview
_SMALL = const(1024)  # payloads up to this are copied behind their header: one TCP segment
_ETIMEDOUT = const(110)


class SocketStream:
    """Over MicroPython's ``asyncio.Stream``, whose own ``drain()`` fails when two tasks await it,
    forgets how far it was when it is cancelled, and yields even if there is nothing to send."""

    needs = 's'  # the attribute that tells this kind of stream

    # Shared by all connections: it is filled and written without an await in between.
    _scratch = None

    # For as long as none of this has happened, a connection has none of it in its memory.
    _lent = False  # one of the buffers in _unsent shows memory that its owner may change
    _reader = _writer = None  # the tasks that wait for the socket, or did
    waiting = 0
    _turns = 0  # how often bytes that waited have gone out

    def __init__(self, reader, writer):
        self._socket = writer.s
        self.readinto = writer.s.readinto
        self._unsent = []  # buffers, in order; empty nearly always
        self._ended = []  # the tasks that end_reading() or abort() cancels
        self._aborted = False
        if not self._scratch:
            SocketStream._scratch = memoryview(bytearray(10 + _SMALL))
        self._scratch = self._scratch  # found faster here than in the class
        try:
            # Or a small frame waits for the acknowledgement of the one before it (Nagle).
            self._socket.setsockopt(6, 1, 1)  # IPPROTO_TCP, TCP_NODELAY
        except (AttributeError, OSError, ValueError):
            pass  # TLS, a stream that is no socket, or a port without the option

    def readable(self):
        # A coroutine in the way that asyncio.Stream writes them: only a bare yield can wait for
        # the socket.
        self._reader = core.cur_task
        try:
            yield core._io_queue.queue_read(self._socket)
        except core.CancelledError:
            self._cancelled(self._writer)
            raise
        if self._aborted:
            raise OSError(_ETIMEDOUT)

    def write_frame(self, opcode, payload):
        unsent = self._unsent
        if unsent and opcode != CLOSE:
            return None
        lent = payload
        if isinstance(payload, str):
            payload = memoryview(payload)  # its UTF-8, not a copy
        length = len(payload)
        scratch = self._scratch
        size = write_header(scratch, opcode, length)
        if length <= _SMALL:
            scratch[size : size + length] = payload
            size += length
            n = 0 if unsent else self._socket.write(scratch[:size]) or 0
            if n == size:
                return False
            unsent.append(bytes(scratch[n:size]))  # the scratch buffer has other users
            return True
        # The first bytes of a long payload go with the header: no tiny segment.
        payload = memoryview(payload)
        scratch[size : size + _SMALL] = payload[:_SMALL]
        if self.write(scratch[: size + _SMALL]):
            unsent[-1] = bytes(unsent[-1])
        if self.write(payload[_SMALL:]) and isinstance(lent, _MUTABLE):
            self._lent = True
        return bool(unsent)

    def write(self, frame):
        unsent = self._unsent
        if not unsent:
            n = self._socket.write(frame) or 0
            if n == len(frame):
                return False
            frame = frame[n:]
        unsent.append(frame)
        return True

    def flush(self):
        unsent = self._unsent
        try:
            while unsent:
                if not self._aborted:
                    self._writer = core.cur_task
                    self.waiting = self._turns + 1
                    yield core._io_queue.queue_write(self._socket)
                if self._aborted:
                    raise OSError(_ETIMEDOUT)
                buf = unsent[0]
                n = self._socket.write(buf) or 0
                if n == len(buf):
                    unsent.pop(0)
                elif n:
                    unsent[0] = memoryview(buf)[n:]
                if n:
                    self._turns += 1
            self._lent = False
        except core.CancelledError:
            if self._lent:  # the sender may change its buffer from now on
                for i, buf in enumerate(unsent):
                    unsent[i] = bytes(buf)
            self._cancelled(self._reader)
            raise
        finally:
            self.waiting = 0

    def _cancelled(self, other):
        """One of the two tasks was cancelled while it waited for the socket."""
        queue = core._io_queue
        # Cancelling it has made the queue forget the other one too, which would never wake.
        if other and other.data is queue:
            for entry in queue.map.values():
                if other in entry:
                    break
            else:
                core._task_queue.push(other)
        if core.cur_task in self._ended:
            self._ended.remove(core.cur_task)
            raise OSError(_ETIMEDOUT)

    def end_reading(self):
        self._end(1)

    def abort(self):
        self._aborted = True
        self._end(2)

    def _end(self, n):
        for task in core._io_queue.map.get(id(self._socket), ())[:n]:
            if task:
                self._ended.append(task)
                task.cancel()


if sys.implementation.name == 'cpython':
    from .cpython.stream import SocketStream  # noqa: F811


def open_stream(reader, writer):
    """The stream for a Microdot request's ``sock``."""
    if not hasattr(writer, SocketStream.needs):
        from .plain_stream import PlainStream

        return PlainStream(reader, writer)
    return SocketStream(reader, writer)
