"""A connection in memory: the streams that a server gets, and the peer's end of it in the hands of
a test. MicroPython's own asyncio.Stream and CPython's own StreamReader and StreamWriter are on top,
so that the code under test runs as it does over a socket."""

import asyncio
import gc
import sys
import time

from capacity import note


class Hand:
    """The other end of a connection, in the hands of a test.

    `sent`: all that was written, bytearray. `room`: how many bytes may be written until more room
    is given, None for any number. `error`: an OSError number that the next reads and writes end
    with. `at_end`: nothing more arrives.
    """

    def __init__(self):
        self.sent = bytearray()
        self.room = None
        self.error = 0
        self.at_end = False

    def end(self):
        self.at_end = True
        self.changed()

    def fail(self, errno):
        self.error = errno
        self.changed()

    def give_room(self, n):
        self.room = n
        self.changed()

    def changed(self):
        pass


class Peer(Hand):
    """What the test holds.

    `low`: with less room than that the server is not woken to write, though it may. `writes`: how
    many have taken something; `reads`: how many bytes the server has asked for at each, on
    MicroPython and of a BufferedProtocol, see note().
    """

    def __init__(self):
        super().__init__()
        self.incoming = bytearray()
        self.low = 1
        self.writes = 0
        self.reads = []

    def feed(self, data):
        self.incoming.extend(data)
        self.changed()

    def take(self, data):
        """Accept what there is room for; how much that is."""
        if self.error:
            raise OSError(self.error)
        n = len(data) if self.room is None else min(self.room, len(data))
        self.sent.extend(data[:n])
        if self.room is not None:
            self.room -= n
        if n:
            self.writes += 1
        return n


if sys.implementation.name == 'micropython':
    import io

    class _Socket(io.IOBase):
        """What asyncio.Stream polls, reads and writes; see py/stream.h for the numbers."""

        def __init__(self, peer):
            self.peer = peer

        def ioctl(self, request, arg):
            if request != 3:  # MP_STREAM_POLL
                return 0 if request == 4 else -22  # MP_STREAM_CLOSE; EINVAL: there is no fd
            peer = self.peer
            readable = peer.incoming or peer.at_end or peer.error
            writable = peer.room is None or peer.room >= peer.low or peer.error
            return arg & ((1 if readable else 0) | (4 if writable else 0))

        def read(self, n):
            peer = self.peer
            if peer.error:
                raise OSError(peer.error)
            data = bytes(peer.incoming[:n])
            peer.incoming[:n] = b''
            return data if data or peer.at_end else None

        def readinto(self, buf):
            note(self.peer.reads, len(buf))
            data = self.read(len(buf))
            if data is None:
                return None
            buf[: len(data)] = data
            return len(data)

        def readline(self, n=1 << 20):
            n = min(n, len(self.peer.incoming))
            return self.read(self.peer.incoming.find(b'\n', 0, n) + 1 or n)

        def write(self, buf):
            return self.peer.take(buf) or None

        def close(self):
            self.peer.at_end = True

    def open_pair():
        """(reader, writer, peer)"""
        peer = Peer()
        stream = asyncio.StreamReader(_Socket(peer), {'peername': ('memory', 0)})
        return stream, stream, peer

else:

    class _Transport(asyncio.Transport):
        """A transport over a Peer, with the flow control of the ones that asyncio has."""

        def __init__(self, peer, protocol):
            super().__init__()
            self.peer = peer
            self.protocol = protocol
            self.unsent = bytearray()
            self.high = 65536
            self.paused = False  # the protocol's writing
            self.reads = True
            self.closed = False

        def get_protocol(self):
            return self.protocol

        def set_protocol(self, protocol):
            self.protocol = protocol

        def pause_reading(self):
            self.reads = False

        def resume_reading(self):
            self.reads = True
            asyncio.get_running_loop().call_soon(self.peer.changed)

        def set_write_buffer_limits(self, high=None, low=None):
            self.high = high

        def get_write_buffer_size(self):
            return len(self.unsent)

        def is_closing(self):
            return self.closed

        def write(self, data):
            self.unsent += data
            self.pump()

        def pump(self):
            try:
                del self.unsent[: self.peer.take(self.unsent)]
            except OSError as exc:
                self.abort(exc)
                return
            if not self.paused and len(self.unsent) > self.high:
                self.paused = True
                self.protocol.pause_writing()
            elif self.paused and not self.unsent:
                self.paused = False
                self.protocol.resume_writing()

        def abort(self, exc=None):
            self.unsent = bytearray()
            if not self.closed:
                self.closed = True
                asyncio.get_running_loop().call_soon(self.protocol.connection_lost, exc)

        def close(self):
            self.abort(None)

    class _CPythonPeer(Peer):
        def changed(self):
            transport = self.transport
            if self.error:
                transport.abort(OSError(self.error, 'made by a test'))
            elif not transport.closed:
                self.arrive()
                if self.room is None or self.room >= self.low:
                    transport.pump()

        def arrive(self):
            if not self.transport.reads:
                return
            if isinstance(self.transport.protocol, asyncio.BufferedProtocol):
                self.arrive_in_buffers()
            elif self.incoming:
                data, self.incoming = bytes(self.incoming), bytearray()
                self.transport.protocol.data_received(data)
            if self.at_end and not self.told and not self.incoming:
                self.told = True
                self.transport.protocol.eof_received()

        def arrive_in_buffers(self):
            while self.incoming and self.transport.reads:
                buf = self.transport.protocol.get_buffer(-1)
                note(self.reads, len(buf))
                n = min(len(buf), len(self.incoming))
                buf[:n] = self.incoming[:n]
                del self.incoming[:n]
                self.transport.protocol.buffer_updated(n)

    def open_pair():
        """(reader, writer, peer)"""
        peer = _CPythonPeer()
        peer.told = False  # of the end
        loop = asyncio.get_running_loop()
        peer.reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(peer.reader)
        peer.transport = _Transport(peer, protocol)
        protocol.connection_made(peer.transport)
        writer = asyncio.StreamWriter(peer.transport, protocol, peer.reader, loop)

        async def awrite(data):  # as Microdot adds it
            writer.write(data)
            await writer.drain()

        async def aclose():
            writer.close()

        writer.awrite, writer.aclose = awrite, aclose
        return peer.reader, writer, peer


def run(coroutine):
    """asyncio.run() in an event loop of its own, bounded: a hang is a failure, not a wait."""

    async def bounded():
        return await asyncio.wait_for(coroutine, 20)

    try:
        return asyncio.run(bounded())
    finally:
        forget()


def forget():
    """Forget what a test has left in the event loop, and buffers: a board has no room for them."""
    twin = sys.modules.get('microdot_websocket.core.twin')
    if twin:
        twin.spare.clear()
    websocket = sys.modules.get('microdot_websocket.websocket')
    if websocket:
        del websocket.connections[:]
    if sys.implementation.name == 'micropython':
        asyncio.new_event_loop()  # there is but one, which keeps its tasks
        timer = sys.modules.get('microdot_websocket.timer')
        if timer:
            timer.next = None  # the first watch
        gc.collect()  # the next test begins with the lowest holes, and leaves the largest as it is


async def settle(turns=10):
    """Let the other tasks run until they wait for something."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def turns_beside(coroutine):
    """How often another task runs until it has ended."""
    turns = []

    async def other():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    try:
        await coroutine
    finally:
        task.cancel()
    return len(turns)


def milliseconds():
    """Of a clock that only goes on."""
    if sys.implementation.name == 'micropython':
        return time.ticks_ms()
    return time.monotonic() * 1000


def is_read_by_asyncio(peer):
    """Whether what arrives is read at once, to memory of the extension for CPython."""
    if sys.implementation.name == 'micropython':
        return False
    return isinstance(peer.transport.protocol, asyncio.BufferedProtocol)


def noted_reads(peer):
    """A context with a list, of how many bytes each read has asked for."""
    from microdot_websocket.codec import IMPL

    if sys.implementation.name == 'micropython' or IMPL == 'native':
        return _Noted(peer.reads)
    from microdot_websocket.transport.cpython import StreamTransport

    noted = _Noted([])
    readinto = StreamTransport.readinto

    def noting(self, buf):
        note(noted.reads, len(buf))
        return readinto(self, buf)

    StreamTransport.readinto = noting
    noted.end = lambda: setattr(StreamTransport, 'readinto', readinto)
    return noted


class _Noted:
    def __init__(self, reads):
        self.reads = reads
        reads.clear()

    def end(self):
        pass

    def __enter__(self):
        return self.reads

    def __exit__(self, *_):
        self.end()
