"""A connection's stream in the hands of a test: what arrives, in which pieces, and how much may be
written. On MicroPython it has the stream protocol of a socket; elsewhere it is a transport of the
twin."""

import asyncio
import sys

from capacity import note
from frames import CLOSE, PING, PONG
from memory_stream import Hand

MORE, FULL, END, BLOCKED, WOKEN = -1, -3, -4, -5, -6  # events of Protocol.read()
UNREAD = 5  # what Protocol.write() returns: nobody has read since the write before


class Script(Hand):
    """What a test sets: that of a ``Hand``; ``incoming``, bytes that have arrived; ``step``, bytes
    that one read gives at most. And what it looks at: ``sent``; ``reads``, how many bytes each read
    has asked for; ``writes``, how many each write has offered; the first ones of both, see
    ``note()``."""

    def __init__(self, incoming=b'', step=1 << 20, at_end=False):
        Hand.__init__(self)
        self.incoming = memoryview(incoming)
        self.step = step
        self.at_end = at_end
        self.reads = []
        self.writes = []
        self.hook = None  # called first, with what the stream's method is given: what that returns

    def feed(self, data):
        self.incoming = memoryview(bytes(self.incoming) + data)
        self.changed()

    def readinto(self, buf):
        if self.hook:
            return self.hook(buf)
        note(self.reads, len(buf))
        if self.error:
            raise OSError(self.error)
        n = min(len(buf), self.step, len(self.incoming))
        if not n:
            return 0 if self.at_end else None
        buf[:n] = self.incoming[:n]
        self.incoming = self.incoming[n:]
        return n

    def write(self, buf):
        if self.hook:
            return self.hook(buf)
        note(self.writes, len(buf))
        if self.error:
            raise OSError(self.error)
        n = len(buf) if self.room is None else min(self.room, len(buf))
        self.sent.extend(bytes(buf[:n]))
        if self.room is not None:
            self.room -= n
        return n or None

    def is_readable(self):
        return bool(len(self.incoming) or self.at_end or self.error)

    def is_writable(self):
        return self.room is None or self.room > 0 or self.error > 0


if sys.implementation.name == 'micropython':
    import io

    class Stream(io.IOBase, Script):
        def __init__(self, *args):
            Script.__init__(self, *args)

        def ioctl(self, request, arg):
            if request != 3:  # MP_STREAM_POLL, of py/stream.h
                return -22  # EINVAL: there is no fd
            return arg & ((1 if self.is_readable() else 0) | (4 if self.is_writable() else 0))

else:
    from microdot_websocket.transport import Transport

    class Stream(Script, Transport):
        """A transport that runs code of its own, as a stream of MicroPython may."""

        def __init__(self, *args):
            super().__init__(*args)
            self.futures = [None, None]  # that tasks wait for: to read, to write

        def readinto(self, buf):
            return self._call(super().readinto, buf)

        def write(self, buf):
            return self._call(super().write, buf)

        def _call(self, method, buf):
            self.inside = True
            try:
                n = method(buf)
            finally:
                self.inside = False
            if n is not None and not 0 <= n | 0 <= len(buf):
                raise OSError(5)
            return n

        def wait(self, direction):
            future = self.futures[direction]
            if future and not future.done():
                return None
            self.futures[direction] = future = asyncio.get_running_loop().create_future()
            if direction and self.is_writable() or not direction and self.is_readable():
                asyncio.get_running_loop().call_soon(self._run, direction)
            return future

        def _run(self, direction):
            future = self.futures[direction]
            if not future or future.done():
                return False
            future.set_result(None)
            return True

        def changed(self):
            if self.is_readable():
                self._run(0)
            if self.is_writable():
                self._run(1)

        def wake(self):
            return self._run(0)

        def abort(self):
            self._run(0)
            self._run(1)


async def receive(protocol, limit=-1, buffer=None):
    """What read() returns when it has something; it waits, and looks after what has to be sent."""
    while True:
        message = protocol.read(limit, buffer)
        if message is None:
            await protocol
        elif message is not False:
            return message
        elif protocol.event == MORE:
            protocol.poll = True
        elif protocol.event == BLOCKED:
            await flush(protocol)
        else:
            return False


async def flush(protocol):
    while protocol.flush():
        await protocol.wait()


async def events_of(protocol, limit=-1, buffer=None):
    """All that comes until the end, a Close or an error: (event, what came with it). Of a message
    in a buffer that is a piece as bytes."""
    events = []
    while True:
        message = await receive(protocol, limit, buffer)
        event = protocol.event
        if message is False:
            if event == END:
                return events
            message = (protocol.code, protocol.data) if event == CLOSE else protocol.data
            if event < MORE:
                message = protocol.code
        elif buffer:
            message = bytes(memoryview(buffer)[:message])
        events.append((event, message))
        if event < FULL or event == CLOSE:
            return events
        if event in (PING, PONG) and type(message) is not bytes:
            raise AssertionError('no bytes')


def connection(
    kind, stream, buffer_size=160, limit=1 << 20, max_fragments=0, compressed=0, held=1 << 29
):
    """A server's Protocol of this kind."""
    return kind(stream, None, buffer_size, limit, max_fragments, compressed, held)


def client(kind, stream, buffer_size=160, urandom=None):
    """A client's Protocol; its mask keys are those of ``urandom``, or 'abcd'."""
    return kind(stream, urandom or (lambda n: b'abcd'[:n]), buffer_size, 1 << 20, 0, 0, 1 << 29)
