"""The connection object of Microdot's API: a ``Protocol``, which reads and writes, with asyncio.

Names that other modules of the package use have no underscore. Many of them are words that
MicroPython knows already, since each new name takes memory on a board.
"""

import asyncio
import sys

from microdot import Request

from . import timer

if False:  # for type checkers alone
    from typing import Any

    from ._types import Data
    from .core import twin
    from .features.background import Background
    from .features.compression import Compression
    from .features.ping import Pings


try:
    from micropython import const
except ImportError:  # CPython
    const = int

# The version of the contract of Protocol. `.py` and `.mpy` files are copied separately, so it is
# compared.
version = 3
try:
    import _wscodec

    if _wscodec is None:  # MicroPython, with None in sys.modules; CPython raises ImportError
        raise ImportError
    if _wscodec.version != version:
        raise ValueError('its version is %s, not %s' % (_wscodec.version, version))
    Protocol = _wscodec.Protocol
except Exception as exc:
    from .platform import Protocol, print_exception

    print_exception(exc)

# Constants with an underscore take no memory on a board, and no look-up. The first are those of
# core/frames.py: opcodes (RFC 6455, section 5.2), close codes (7.4.1), events of Protocol.read()
# and what Protocol.write() returns if it is not None.
_TEXT = const(1)
_BINARY = const(2)
_CLOSE = const(8)
_PING = const(9)
_PONG = const(10)

_NORMAL = const(1000)
_NO_STATUS = const(1005)
_ABNORMAL = const(1006)
_POLICY_VIOLATION = const(1008)
_TOO_BIG = const(1009)

_MORE = const(-1)
_FULL = const(-3)
_END = const(-4)
_BLOCKED = const(-5)
_WOKEN = const(-6)

_YIELD = const(1)
_CORKED = const(2)
_BUSY = const(4)
_UNREAD = const(5)

# The states of a connection
_CONNECTING = const(0)
_OPEN = const(1)
_CLOSING = const(2)  # a Close has been sent, or is being sent; nothing else will be
_CLOSED = const(3)  # nothing will be read or sent any more

_SECOND = const(1000)  # in milliseconds
_TRIES = const(9)
_LOOKS = const(4)  # of the timer, in the time that a frame or a send may take


# The connections of this server that have not ended, in the order of their handshakes.
connections: 'list[WebSocket]' = []


class WebSocketError(Exception):
    """The WebSocket connection has ended, by the peer or by an error.

    ``code``: the close code (RFC 6455, section 7.4.1): the peer's, or the one it was sent; 1005 if
    the peer gave none, 1006 if the connection was lost without a Close. ``reason``: str.

    ``status_code``: of the HTTP response that has refused a client; 0: there was none. If there
    was, ``headers``: a dict, which knows no upper and lower case, of 4 KiB at most; ``body``:
    bytes, its first KiB at most.

    ``@app.errorhandler(WebSocketError)`` works. Without one, an error that leaves a handler ends
    the request quietly.
    """

    status_code = 0
    headers: 'Any'
    body: bytes

    def __init__(self, reason: str = '', code: int = _ABNORMAL) -> None:
        super().__init__('%s (close code %d)' % (reason or 'connection closed', code))
        self.code = code
        self.reason = reason


default = WebSocketError()  # for all connections, when there is no memory for one of their own


class WebSocket:
    """A WebSocket connection, handed to handler functions.

    :param request: the Microdot ``Request`` that asks for the upgrade.
    """

    CONT = 0
    TEXT = _TEXT
    BINARY = _BINARY
    CLOSE = _CLOSE
    PING = _PING
    PONG = _PONG

    #: The longest message, in bytes over all its fragments, that ``receive()`` accepts; a longer
    #: one is refused with close code 1009. 0: no limit; -1: ``Request.max_body_length``, as it was
    #: at the handshake; if that is 0, only empty messages pass. It may be set on an open connection
    #: too.
    max_message_length = -1

    #: Seconds in which a client must have sent its whole request, and one more for each KiB of
    #: ``Request.max_body_length``; else it is answered 400. 0: no limit. A class attribute only.
    handshake_timeout = 10

    #: The most fragments that a message may come in; more are refused with close code 1008. 0: no
    #: limit. Of the class, or an option: it is looked at in the handshake.
    max_fragments = 1 << 17

    #: Seconds in which a frame that has begun to arrive must be complete, or bring another 1024
    #: bytes; else the connection is closed with code 1008. 0: no limit.
    frame_timeout = 10

    #: The most connections at once; a further one is answered 503, or see ``evict_idle``. 0: no
    #: limit, as where a megabyte of memory is free at the import. A class attribute only.
    max_connections = 16

    #: True: instead of the 503 the connection that has been silent the longest is closed, with code
    #: 1013 (try again later). A class attribute only.
    evict_idle = False

    #: The most bytes of a request's head, of which each line counts as 64 at least; a request with
    #: more is answered 400. A class attribute only.
    max_header_size = 8192

    #: Seconds in which a message that ``receive()`` gets must be complete, over all its fragments;
    #: else the connection is closed with code 1008. 0: no limit.
    message_timeout = 60

    #: Bytes that messages which are not complete may take in all connections together; one that
    #: would need more is refused with close code 1009, unless it is the only one. 0: no two at
    #: once. Half of the free memory at the import, on CPython a gigabyte. Of the class, or an
    #: option: it is looked at in the handshake.
    max_incomplete = 1 << 29

    #: Seconds for which a client may take none of the data that waits to be sent to it; then it is
    #: dropped. 0: no limit.
    send_timeout = 20

    #: Seconds to wait for the peer's Close after sending one, and for the sending of it.
    close_timeout = 2

    #: Bytes that are read at once; 2048 where 100 KB of memory are free at the import, 16384 where
    #: a megabyte is, 131072 with the extension for CPython. A connection takes such a buffer when
    #: something arrives, and gives it back when it waits for the next frame. Longer payloads do not
    #: pass through it. Of the class, or an option: it is looked at in the handshake.
    read_buffer_size = 512

    #: The close code with which the connection has ended; None while it is open.
    close_code: 'int | None' = None
    #: The reason that came with it, str; None while it is open.
    close_reason: 'str | None' = None

    # What __getattr__() supplies
    handshake: 'Any'
    listen: 'Any'
    replace: 'Any'
    wait_for: 'Any'
    message_type: 'int | None'
    subprotocol: 'str | None'
    id: int
    ping_interval: float
    ping_timeout: float

    # What is None at first
    protocol: 'twin.Protocol | None'
    reader: 'twin.Protocol | None'
    writer: 'twin.Protocol | Compression | None'
    lock: 'asyncio.Lock | None'
    message_lock: 'asyncio.Lock | None'
    compressed: 'Compression | None'
    pings: 'Pings | None'
    background: 'Background | None'

    protocol = None
    reader = writer = None  # see __init__()
    # How many reasons there are for messages to wait: see acquire().
    waiting = 0
    # Of the task that waits until what was written is sent.
    lock = None
    # Features: the lock of messages that are sent in fragments, what compresses, the pings, what
    # reads while the handler does not.
    message_lock = compressed = pings = background = None
    # Milliseconds for which no task has waited in receive(), as far as the timer looks: watch().
    ticks = 0
    # Whether the peer is Microdot's TestClient: it answers no Close, and nothing can stall.
    local = False
    # Whether the time of receive() has run out.
    timeout = False
    # Of the timer: see there, and poll().
    expires = next = values = None

    def __init__(self, request: 'Request | None') -> None:
        #: The Microdot ``Request`` that was upgraded, None in a client.
        self.request = request
        #: True once a Close was sent, or the connection was lost: nothing can be sent any more.
        self.closed = False
        # receive() finds it faster here than in the class.
        self.max_message_length = self.max_message_length
        # To change what is here takes no memory, which the end of a connection may not have.
        # One of the states above; update() alone changes it.
        self.state = _CONNECTING
        # The Protocol, while the connection is open and no task is in receive(); else None.
        self.reader = None
        # What messages are written to, while it is open and none has to wait; else None.
        self.writer = None

    def __getattr__(self, name: str) -> object:
        # The rest of the API takes no memory until it is used.
        try:
            from .features import get
        except MemoryError:
            sys.modules.pop('microdot_websocket.features', None)  # half of it: see there
            raise
        return get(self, name)

    def open(self, sock: tuple, urandom: 'Any', maxsize: int) -> None:
        """Make the ``Protocol``; ``update(OPEN)`` has to follow once the handshake is done.

        :param sock: asyncio's ``(reader, writer)``.
        :param urandom, maxsize: as ``Protocol`` takes them: of a client, None of a server; the most
                                bytes of a compressed message.
        """
        kind = Protocol
        stream = getattr(sock[1], 's', None)
        if stream is None:  # CPython, or Microdot's TestClient
            from .platform import connect

            kind, stream = connect(sock)
        else:
            try:
                # Or a small frame waits for the acknowledgement of the one before it (Nagle).
                stream.setsockopt(6, 1, 1)  # IPPROTO_TCP, TCP_NODELAY
            except (AttributeError, OSError, ValueError):
                pass  # TLS, a stream that is no socket, or a port without the option
        size = self.read_buffer_size
        limit = Request.max_body_length
        self.protocol = kind(
            stream, urandom, size, limit, self.max_fragments, maxsize, self.max_incomplete
        )
        if self.request:
            connections.append(self)

    async def receive(
        self,
        timeout: 'float | None' = None,
        max_message_length: 'int | None' = None,
        buffer: 'Any' = None,
    ) -> 'Any':
        """The next message: str for TEXT, bytes for BINARY.

        :param timeout: seconds to wait for it; None: for ever. asyncio.TimeoutError: it has not
                        come. Nothing is lost: what has arrived of it is kept for the next call.
        :param max_message_length: for this message, instead of ``ws.max_message_length``. One that
                                   is compressed may be shorter only.

        Answers pings and the peer's Close on the way (RFC 6455, section 5.5). Other tasks run when
        it has to wait, and at least once in 32 reads. It may be cancelled, and loses nothing; but
        ``asyncio.wait_for()`` of MicroPython does, so use ``timeout``. WebSocketError: the
        connection has ended, by this end too: code 1002 after a frame that breaks the protocol,
        1007 after text that is not UTF-8, 1008 or 1009 after one of the limits. RuntimeError:
        another task is receiving.
        """
        # The buffer is for features/pieces.py: that of Protocol.read(), as its limit is the length.
        if timeout is not None:
            return await self.wait_for(timeout, max_message_length, buffer)
        protocol = self.reader
        if protocol is None:
            if self.background:
                return await self.background.receive(max_message_length, buffer)
            await asyncio.sleep(0)  # a handler that tries again and again must let others run
            if self.state == _OPEN:
                raise RuntimeError('another task is receiving')
            raise self.exception()
        if max_message_length is None:
            max_message_length = self.max_message_length
        try:
            message = protocol.read(max_message_length, buffer)
            if message:
                return message
            self.reader = None
            if self.ticks:
                self.ticks = 0
                timer.set(self, 0)
            try:
                while message is None or message is False:
                    if message is None:
                        await protocol
                    elif self.closed:
                        raise self.exception()
                    else:
                        message = await self.read(protocol, max_message_length, buffer)
                        if message is not None:
                            return message
                    message = protocol.read(max_message_length, buffer)
                return message
            finally:
                if self.state == _OPEN:
                    self.reader = protocol
        except asyncio.CancelledError:
            self.register()
            raise
        except asyncio.TimeoutError:  # which CPython takes for an OSError
            raise
        except OSError:
            raise self.abort()
        except MemoryError:
            try:
                await self.throw(_TOO_BIG, 'out of memory')
            except MemoryError:
                raise self.abort()

    async def read(self, protocol: 'twin.Protocol', maxsize: 'int | None', buffer: 'Any') -> 'Any':
        """What ``Protocol.read()`` has found instead of a plain message. Returns the message that a
        compressed one becomes, else None: read on."""
        event = protocol.event
        if event == _MORE:
            protocol.poll = True
            self.watch()
        elif event == _PING:
            await self.send(protocol.data, _PONG)
        elif event == _PONG:
            if self.pings:
                self.pings.recv(protocol.data)
        elif event == _BLOCKED:
            await self.flush()
        elif event == _END:
            raise self.abort()
        elif event == _CLOSE:
            code = protocol.code
            answer = b'' if code == _NO_STATUS else bytes((code >> 8, code & 255))
            await self.shutdown(answer, code, protocol.data)
            await self.wait_closed(False)
        elif event == _WOKEN:
            if self.timeout:
                raise asyncio.TimeoutError
            await self.throw(_POLICY_VIOLATION, 'message timed out')
        elif event == _FULL:
            return False  # features/background.py asks for no such message
        elif event < 0:
            await self.throw(protocol.code, protocol.data)
        else:
            return await self.compressed.message(self, maxsize, buffer)

    async def send(self, data: 'Data', opcode: 'int | None' = None) -> None:
        """Send a message, or a control frame.

        :param data: str, or bytes, bytearray or memoryview; the last two must not change before
                     the call returns.
        :param opcode: ``ws.TEXT`` for str and ``ws.BINARY`` for bytes unless it is given; or
                       ``ws.PING``, ``ws.PONG`` or ``ws.CLOSE`` (RFC 6455, section 5.5).

        It returns once the system has taken all of the data, or it is gathered with other small
        messages, to go out together in this turn of the event loop. Many tasks may send at once. If
        it is cancelled, the message goes out whole, or not at all if it waited for another one.
        WebSocketError: the connection has ended. ValueError: a reserved opcode, or a control frame
        of more than 125 bytes. TypeError: data of another type.
        """
        writer = self.writer
        try:
            if writer is None or (opcode and (opcode == _CLOSE or opcode > _PONG)):
                await self.schedule(data, opcode)
                return
            state = writer.write(data, opcode or None)
            if state is None:
                return
            if state == _CORKED:
                timer.set(self, 0)
            elif state == _YIELD:
                await asyncio.sleep(0)
            elif state == _UNREAD:
                self.watch(1)
            else:
                await self.flush(state == _BUSY, data, opcode)
        except OSError:
            raise self.abort()
        except MemoryError:
            self.abort()  # a part of the frame may be out
            raise

    async def schedule(self, data: 'Data', opcode: 'int | None') -> None:
        """``send()`` of a Close, or of what has to wait for another frame or message."""
        if self.closed:
            await asyncio.sleep(0)  # as in receive()
            raise self.exception()
        if opcode and opcode > _PONG:
            raise ValueError('opcode')  # flags would be taken by Protocol.write()
        if opcode == _CLOSE:
            # As applications for Microdot may do; ValueError comes before anything has changed.
            state = self.protocol.write(data, opcode)
            self.update(_CLOSING)
            self.protocol.schedule()
            if state and state > _CORKED:
                await self.flush(state == _BUSY, data, opcode)
            return
        opcode = opcode or None
        lock = self.message_lock
        if lock and (not opcode or opcode < _CLOSE):
            await lock.acquire()
            try:
                await self.flush(True, data, opcode)
            finally:
                lock.release()
        else:
            await self.flush(True, data, opcode)

    async def flush(self, write: bool = False, data: 'Data' = None, opcode: int = None) -> None:
        """Wait until what was written is sent; then, to ``write``, do so, and wait for that.
        OSError: the connection broke."""
        protocol = self.protocol
        self.acquire()
        try:
            if not self.lock:
                self.lock = asyncio.Lock()
            await self.lock.acquire()
            try:
                self.watch()
                while protocol.flush():
                    await protocol.wait()
                if write:
                    if self.closed and opcode != _CLOSE:
                        raise self.exception()
                    if (self.compressed or protocol).write(data, opcode):
                        while protocol.flush():
                            await protocol.wait()
                if self.reader:  # no task receives: as behind UNREAD
                    self.ticks = self.ticks or 1
            finally:
                self.lock.release()
        except asyncio.CancelledError:
            self.register()
            raise
        finally:
            self.release()

    def acquire(self) -> None:
        """Messages wait in ``flush()`` from now on, until as many calls of ``release()``."""
        self.waiting += 1  # first: it may take memory
        self.writer = None

    def release(self) -> None:
        """The end of an ``acquire()``."""
        self.waiting -= 1
        if not self.waiting and self.state == _OPEN:
            self.writer = self.compressed or self.protocol

    async def drain(self) -> None:
        """``flush()`` in a task of its own: an error ends the connection, and nothing else."""
        try:
            await self.flush()
        # OSError or MemoryError. A tuple of them takes memory, here and below: test_layout.py.
        except Exception:
            self.abort()

    async def close(self, code: int = _NORMAL, reason: str = '') -> None:
        """Close the connection: send a Close, wait for the peer's for ``close_timeout`` seconds
        (RFC 6455, section 7).

        :param code: 1000 unless it is given; 3000 to 4999 are the application's.
        :param reason: str, at most 123 bytes of UTF-8.

        Does nothing on a closed connection. Without memory for it the connection is dropped.
        ValueError: a code that may not be sent, a reason that is too long.
        """
        try:
            if self.state == _OPEN:
                data = b''
                if code != _NO_STATUS:
                    of_rfc = 1000 <= code < 1015 and not 1004 <= code < 1007
                    if not (of_rfc or 3000 <= code < 5000):
                        raise ValueError('close code %s may not be sent' % code)
                    data = bytes((code >> 8, code & 255)) + reason.encode()
                if len(data) > 125:
                    raise ValueError('close reason is longer than 123 bytes')
                await self.shutdown(data, code, reason)
            await self.wait_closed()
        except MemoryError:
            self.abort()

    async def throw(self, code: int, reason: str) -> None:
        """End the connection with this close code and reason; raises WebSocketError."""
        await self.close(code, reason)
        raise self.exception()

    async def shutdown(self, data: bytes, code: int, reason: str) -> None:
        """Send a Close, or while ``close_timeout`` lasts wait until it can be sent. ValueError: the
        reason is no UTF-8; nothing has changed then."""
        try:
            state = self.protocol.write(data, _CLOSE)
            self.update(_CLOSING, code, reason)
            if state and state > _CORKED and self.close_timeout > 0:
                await self.flush(state == _BUSY, data, _CLOSE)
        except ValueError:
            raise
        except Exception:
            self.update(_CLOSED, code, reason)

    async def wait_closed(self, wait: bool = True) -> None:
        """A Close has been sent. Drop what arrives until the peer's Close, or do not ``wait``:
        without it the system may answer bytes that come late with a reset, and the peer never see
        ours. A client overrides this: it waits for the connection's end too."""
        if self.state == _CLOSING and wait and not self.local and self.close_timeout > 0:
            if not await self.discard():
                return  # another task does the same from now on
        self.update(_CLOSED)

    async def discard(self) -> bool:
        """Drop what arrives until a Close, or the connection's end; False: another task has begun
        to do so."""
        protocol = self.protocol
        try:
            protocol.schedule()  # the task in receive(), or another one in here
            while True:
                done = protocol.drain()
                if done is not None:
                    return done
                await protocol
        except asyncio.CancelledError:
            self.register()
            raise
        except Exception:
            return True

    def abort(self, reason: str = 'connection lost') -> 'WebSocketError':
        """The connection is lost: all tasks that wait for it end; the WebSocketError to raise."""
        self.update(_CLOSED, _ABNORMAL, reason)
        return self.exception()

    def exception(self) -> 'WebSocketError':
        """The WebSocketError that tells how the connection has ended."""
        try:
            return WebSocketError(self.close_reason, self.close_code)
        except MemoryError:
            default.code = self.close_code
            default.reason = self.close_reason
            return default

    def update(self, state: int, code: int = _NORMAL, reason: str = '') -> None:
        """Change the state, and do what belongs to it; ``code`` and ``reason``, if it is the end.
        Needs no memory from CLOSING on."""
        if state <= self.state:
            return
        self.state = state
        if state == _OPEN:
            self.reader = self.protocol
            self.writer = self.compressed or self.protocol
            self.watch(1)
            return
        if not self.closed:
            self.closed = True
            del self.reader, self.writer  # None from now on; the next two take their places
            self.close_code = code
            self.close_reason = reason
        if self.pings:
            self.pings.end()
        if state == _CLOSING:
            try:
                timer.set(self, int(self.close_timeout * 1000))
                return
            except MemoryError:
                self.state = _CLOSED  # without a limit nobody waits for the peer's Close
        timer.clear(self)
        if self in connections:
            connections.remove(self)
        if self.protocol:
            for _ in range(_TRIES):
                try:
                    self.protocol.abort()
                    break
                except MemoryError:
                    pass  # all else has been done, but MicroPython's poll still knows the stream

    def register(self) -> None:
        """A task was cancelled: the other one that waits for the socket still does."""
        try:
            self.protocol.register()
        except MemoryError:
            self.abort()

    def watch(self, ticks: int = 0) -> None:
        """The connection is in the middle of something: the timer looks whether it gets on. Or,
        with ``ticks``: no task is in receive(); if so in a second, let another one read for it,
        which answers pings and the peer's Close."""
        if self.state == _OPEN and not self.local:
            if ticks:
                self.ticks = ticks
                timer.set(self, 1 if self.expires else _SECOND)
            elif self.expires is None:
                timer.set(self, self.poll(0) or 1)

    def poll(self, time: int) -> int:
        """The timer's look, so many milliseconds after the last; those until the next, 0 if there
        is nothing to look at."""
        if self.state != _OPEN:
            self.abort()  # the time for the peer's Close has run out
            return 0
        protocol = self.protocol
        # Whether a task waits in flush(). To flush here would leave it waiting, unwatched.
        waits = self.lock and self.lock.locked()
        try:
            # What is corked goes out now.
            if not waits and protocol.flush():
                asyncio.create_task(self.drain())
        except Exception:
            self.abort()
            return 0
        frame = message = 0
        if not self.reader:
            frame = protocol.waiting
            if self.message_timeout > 0 < protocol.start:
                message = protocol.start
        sending = protocol.locked or waits
        pings = self.pings
        if pings and not pings.poll(time):
            return 0
        length = pings.timeout() if pings else 60
        if frame or sending or message or self.values:
            values = self.values
            if not values:
                values = self.values = [0] * 6
            if count(values, 0, time, frame, self.frame_timeout) or count(
                values, 4, time, message, self.message_timeout
            ):
                protocol.schedule()
            if count(values, 2, time, sending, self.send_timeout):
                self.abort('send timed out')
                return 0
            for limit in (self.frame_timeout, self.send_timeout, self.message_timeout):
                if 0 < limit < length:
                    length = limit
        if self.ticks:
            self.ticks += time
            if self.ticks > _SECOND and self.reader and not protocol.start:
                self.listen()
            length = min(length, _LOOKS)  # so this is once a second
        elif not (frame or sending or message or pings):
            protocol.poll = False
            return 0
        return int(length * 1000) // _LOOKS or 1


def count(items: list[int], index: int, time: int, value: 'Any', timeout: float) -> bool:
    """Whether something has not got on for ``timeout`` seconds.

    :param items: at ``index`` the last ``value``, and behind it the milliseconds since it changed.
    :param time: milliseconds since the last call.
    :param value: changes whenever it gets on; 0 if there is nothing that could.
    """
    if items[index] != value:
        items[index] = value
        items[index + 1] = 0
    elif value:
        items[index + 1] += time
        return items[index + 1] >= timeout * 1000 > 0
    return False
