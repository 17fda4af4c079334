"""The protocol (RFC 6455) of one connection in Python: the twin of the natmod's type ``Protocol``,
natmod/mod_wscodec.c, for where no natmod fits. Both keep one contract, which is stated here and in
sending.py; tests/contract/ holds them to it.

Here is what it is to whoever receives: the rules over a transport's bytes, the read buffer and the
memory of messages, and when to read and when to wait.
"""

from . import const
from .rules import Rules, error
from .sending import Sending
from .stream import SocketTransport

if False:  # for type checkers alone
    from typing import Any

    from .._types import Buffer

# Of frames.py, rules.py and sending.py, whose values these are.
_TEXT = const(1)
_CLOSE = const(8)
_IDLE = const(0)
_MORE = const(-1)
_ROOM = const(-2)
_FULL = const(-3)
_END = const(-4)
_BLOCKED = const(-5)
_WOKEN = const(-6)
_ERR_RSV = const(-10)
_ERR_MEMORY = const(-21)
_OWN = const(0)
_BUFFER = const(1)
_SKIP = const(2)
_LENGTH_MAX = const(0x3FFFFFFF)
_BUFFER_MIN = const(139)
_BURST = const(32)
_ECONNABORTED = const(103)
_LONG = const(4096)  # bytes of a frame: behind it let some gather before they are read

# Whether to read before waiting, between two frames. Twins: MORE_NO, MORE_YES, MORE_WAITED
_NO = const(0)
_YES = const(1)
_WAITED = const(2)  # to be seen by how much the next read brings

#: The read buffer that no connection holds, by its size in bytes: one that waits between two frames
#: needs none. (A dict, since event loops in several threads of CPython must not take the same one.)
#: Whoever clears it gives the memory back.
spare: dict[int, bytearray] = {}


class Shared:
    """What all connections share."""

    held = 0  # bytes of messages in progress
    activity = 0  # how many reads have brought something


class Protocol(Rules, Sending):
    """One connection, in either role. All arguments are positional.

    :param stream: a ``Transport``, or on MicroPython an object with its stream protocol; None: as
                   after abort(), but memory for the read buffer is there from now on.
    :param urandom: None for a server; for a client a function like ``os.urandom``, called with 4
                    for each frame that is sent, to mask it.
    :param buffering: bytes read at once at most; less than 139 counts as 139.
    :param limit: the longest message, in bytes, where read() is not given another limit.
    :param max_fragments: of a message; 0: any number.
    :param compressed_limit: the longest compressed message, in bytes; 0: compression has not been
                             agreed on (RFC 7692).
    :param held_limit: bytes that messages which are not complete may take in all connections
                       together; beyond that there is no memory for one, unless it is the only one.

    TypeError, ValueError: a wrong argument; a number is negative.

    Attributes, to be read:
    ``event``: of the last read(). ``code``, ``data``: what came with it. ``opcode``: of the message
    in progress or the last one, TEXT or BINARY; ``compressed``: whether that is. ``count``:
    bytes read up to now, modulo 2**30. ``locked``: 0 if nothing waits for flush(), else 1 more than
    the bytes that wait. ``waiting``: 0 unless ``event`` is MORE, else a number that
    changes when a frame begins, and with each 1024 bytes that are read.
    ``sum``: bytes that messages which are not complete take in all connections. ``time``: a number
    that is the larger, the later this connection has read something. ``start``: 0, or a
    number that stays the same during one message; negative if that goes into a buffer.
    ``poll`` is set by whoever looks whether frames that have begun get on.
    """

    maxsize: 'int | str'
    buffer: 'Any'

    # What __getattr__() supplies
    code: int
    data: 'Any'
    locked: int
    start: int
    sum: int
    waiting: int

    def __init__(
        self,
        stream: 'Any',
        urandom: 'Any',
        buffering: int,
        limit: int,
        max_fragments: int,
        compressed_limit: int,
        held_limit: int,
    ) -> None:
        # `|` raises TypeError for whatever is not an int, and is negative if one of them is.
        if (buffering | limit | max_fragments | compressed_limit | held_limit) < 0:
            raise ValueError('range')
        self.buffering = size = min(max(buffering | 0, _BUFFER_MIN), _LENGTH_MAX)
        if size not in spare:
            spare.clear()
            spare[size] = bytearray(size)
        transport = stream if hasattr(stream, 'wait') else SocketTransport(stream)
        Sending.__init__(self, transport, urandom, 1024 if size < 8192 else 16384)
        self.closed = stream is None
        # A server's peer masks its frames, but not the TestClient.
        Rules.__init__(self, urandom is None and transport.masked, compressed_limit > 0)
        self.max_fragments = max_fragments
        self.compressed_limit = min(compressed_limit, _LENGTH_MAX)
        self._limit = min(limit, _LENGTH_MAX)
        self.maxsize = ''  # to read(): no number yet
        self._held = 0  # bytes of the message in progress
        self._held_limit = held_limit
        self.time = 0  # the shared one, as of the last read that has brought something
        self.event = 0
        self.count = 0
        self.poll = False
        self.buffer = None  # the buffer that messages go to
        # After CLOSE, an error or END: that event, for ever
        self._last = _END if self.closed else 0
        self._more = _YES
        self._woken = False  # read() has to give WOKEN

    def read(self, limit: int, buffer: 'Any') -> 'Any':
        """The next message, or what there is instead. Twin: protocol_read

        :param limit: the longest message, in bytes, that is accepted; 0: no limit, -1: the one of
                      the constructor.
        :param buffer: where messages go that begin from now on: a bytearray, or a writable
                       memoryview of bytes; None: they become objects. A message in progress that
                       goes to another buffer is passed over, but still checked. A compressed one
                       always becomes an object. False: read ahead, so begin only messages that
                       are whole in one frame, plain, and no longer than the limit.

        - str (TEXT) or bytes (BINARY): a message.
        - int, with a buffer: so many bytes of a message are in it, from its start. ``event`` is
          TEXT or BINARY if it is complete now; FULL: more follows.
        - None: there is nothing, and the current task is queued to read. ``await protocol``, then
          call again.
        - False: it is in ``event``.
          CLOSE: ``code``, 1005 if there is none, and ``data``, the reason, str.
          PING, PONG: ``data``, bytes, until the next read().
          TEXT, BINARY: a compressed message: ``data``, bytes, handed out once.
          MORE: it would have to wait in the middle of a message, and ``poll`` is false.
          END: the stream has ended. BLOCKED: flush() has to be called first.
          FULL, when reading ahead: a message begins that is left to another call of read().
          WOKEN: schedule() was called while a task was queued to read, or another one is so now.
          An error, -10 and less: the peer broke a rule; ``code`` and ``data``, str, are what a
          Close has to tell it.
          After CLOSE, an error or END it is the same for ever.

        OSError: from the stream. RuntimeError: it was called by the stream's own code, or there is
        a buffer, and the message in progress becomes an object. TypeError: the buffer is read-only,
        or none. ValueError: it is empty, or shorter than what is in it by now. MemoryError: there
        is no room for a read buffer; it may be called again.

        It reads on without waiting, but others must get their turn after 32 reads and writes. In
        the middle of a frame reading costs less than waiting; between frames only if messages are
        there when they are asked for: if the last read filled the buffer, or did not have to wait.
        """
        transport = self._stream
        if transport.inside:
            raise RuntimeError('busy')
        if limit != self.maxsize:
            n = limit | 0
            self.limit = min(n, _LENGTH_MAX) if n > 0 else self._limit if n else _LENGTH_MAX
            self.maxsize = limit
        self.message = None
        if self._last or self._woken:
            self.event = self._last or _WOKEN
            self._woken = False
            return False
        self._unread = 0
        self.hold = buffer is False
        if self.hold:
            buffer = None
        while True:
            if buffer is not self.buffer or buffer is not None:
                self.select(buffer)
            event = _IDLE
            # Nearly always nothing has been left by the message before.
            if self.buf is not None or self.in_frame:
                try:
                    event = self.next()
                    while event == _ROOM:
                        self.extend()
                        event = self.next()
                except MemoryError:
                    event = _ERR_MEMORY
                if self.index == self.end:
                    self.release()
                if event > 0 or event < _MORE:
                    self.event = event
                    return self._result(event)
            if self._cork:
                if self._flush():
                    self.event = _BLOCKED
                    return False
                continue  # its code may have changed the buffer
            n = None
            if self._burst and (event or self._more):
                self._burst -= 1
                n = self.recv()
                if n == 0:
                    return self.finish(_END)
                if n is None or (event and self.length > _LONG):
                    self._more = _NO
                elif self._more == _WAITED:
                    self._more = _YES if self.end == self.buffering else _NO
            if n is None:
                if not event and self.in_message and not self.poll:
                    event = _MORE  # between fragments; somebody has to look whether it gets on
                self.event = event
                if event and not self.poll:
                    return False
                self._more = _WAITED
                self.iterator = transport.wait(0)
                if not self.iterator:
                    self.event = _WOKEN
                    return False
                self._burst = _BURST
                self._unread = 255
                return None

    def finish(self, event: int) -> bool:
        """From now on this is all that read() finds. Twin: finish"""
        self.event = self._last = event
        self.msg = None
        self.room = 0
        self.held(0)
        return False

    def _result(self, event: int) -> 'Any':
        """What read() returns for this event. Twins: take_message, keep_data"""
        message = self.message
        if event == _FULL and self.hold:
            return False
        if 0 < event < _CLOSE or event == _FULL:
            if message is not None:
                self.message = None
                return message
            size = self.size
            self.size = 0
            if self.sink == _BUFFER:
                return size
            msg = self.msg
            self.msg = None  # or it would stay in memory
            self.room = 0
            self.held(0)
            try:
                view = memoryview(msg)[:size] if size else b''
                if not self.compressed:
                    return str(view, 'utf-8') if event == _TEXT else bytes(view)
                self.message = bytes(view)
                return False
            except MemoryError:
                event = _ERR_MEMORY
        return self.finish(event) if event == _CLOSE or event < 0 else False

    def __getattr__(self, name: str) -> object:
        # Properties would make each store to any attribute slow on MicroPython.
        event = self.event
        if name == 'data':
            if event <= _ERR_RSV:
                return error(event)[1]
            data = self.message
            if event < _CLOSE:
                self.message = None  # a message: it would stay in memory
            return data
        if name == 'code':
            return error(event)[0] if event <= _ERR_RSV else self.close_code
        if name == 'waiting':
            if event != _MORE:
                return 0
            return 1 + (self.frames + (self.count >> 10) & 0x1FFFFFFF)
        if name == 'sum':
            return Shared.held & _LENGTH_MAX
        if name == 'start':
            n = 1 + (self.frames - self.fragments & 0x1FFFFFFF) if self.in_message else 0
            return n if self.sink == _OWN else -n
        if name == 'locked':
            if not self._blocked:
                return 0
            n = 1 + len(self._cork) - self._cork_sent + self._stream.unsent
            if self._pending is not None:
                n += len(self._header) + self._length - self._sent
            return n
        raise AttributeError(name)

    def select(self, buffer: 'Any') -> None:
        """From now on messages go to this buffer, which may have changed since the last time.
        Twins: set_sink, refresh_sink"""
        room = 0
        if buffer is not None:
            if not isinstance(buffer, (bytearray, memoryview)):
                raise TypeError('buffer')
            buffer[0:0] = b''  # TypeError: what a memoryview shows is read-only
            room = len(buffer)
            used = 1
            if buffer is self.buffer and self.in_message and self.sink == _BUFFER:
                used = self.size + self.arrived or 1
            if room < used:
                if self.arrived:
                    self._last = _END  # it was cut while something was read to it, which is lost
                raise ValueError('buffer')
        if buffer is not self.buffer:
            if self.in_message:
                if self.sink == _BUFFER:
                    self.sink = _SKIP
                    self.size = 0
                elif self.sink == _OWN and not self.compressed:
                    raise RuntimeError('a message is in progress')
            self.next_sink = _BUFFER if room else _OWN
            self.buffer = buffer
        if room and not (self.in_message and self.sink == _OWN):
            self.msg = buffer
            self.room = room

    def extend(self) -> None:
        """Make room for the message in progress: twice that, if there is so much, while fragments
        are to follow, so that many short ones do not copy it each time. MemoryError; also if all
        connections would hold more than they may. (One alone may hold as much as there is.) Twin:
        make_room"""
        room = self.total
        others = Shared.held - self._held
        is_whole = self.first >= 0x80 and self.left <= self.end - self.index
        if not is_whole and others and others + room > self._held_limit:
            raise MemoryError
        msg = None
        if self.first < 0x80 and 2 * room < self.limit:
            try:
                msg = bytearray(2 * room)
            except MemoryError:
                pass
        if msg is None:
            msg = bytearray(room)
        size = self.size
        if size:
            memoryview(msg)[:size][:] = memoryview(self.msg)[:size]
        self.msg = msg
        self.room = len(msg)
        self.held(len(msg))

    def held(self, n: int) -> None:
        """So many bytes are held for the message in progress. Twin: hold"""
        Shared.held += n - self._held
        self._held = n

    def release(self) -> None:
        """Nothing in the read buffer is needed any more: let other connections have it. Twin:
        release_buffer"""
        if self.buf is not None:
            spare[self.buffering] = self.buf
            self.buf = None
            self.index = self.end = 0

    def recv(self) -> 'int | None':
        """Read once, to the read buffer or straight to the message: how many bytes, 0 at the end,
        None if nothing is there. Twin: read_once"""
        if self.closed:
            raise OSError(_ECONNABORTED)
        buf = self.buf
        end = direct = 0
        if buf is None:
            size = self.buffering
            if self.left >= size:
                direct = self.direct(size)
            view: Buffer
            if direct:
                view = memoryview(self.msg)[self.size : self.size + direct]
            else:
                self.buf = view = spare.pop(size, None) or bytearray(size)
        else:
            # What is left is short: a part of a header or of a control frame.
            start = self.index
            end = self.end - start
            view = memoryview(buf)
            if start:
                view[:end][:] = buf[start : start + end]
                self.index = 0
                self.end = end
            view = view[end:]
        n = self._stream.readinto(view)
        if n:
            self.count = self.count + n & _LENGTH_MAX
            Shared.activity = self.time = Shared.activity + 1 & _LENGTH_MAX
            if direct:
                self.arrived = n
            else:
                self.end = end + n
        elif not end:
            self.release()
        return n

    def drain(self) -> 'bool | None':
        """For an end that has sent its Close: drop what arrives, without checks. Twin:
        protocol_drain

        True: a Close has come, or the end. None: there is nothing, and the current task is queued
        to read, as by read(). False: another task is. OSError: as of read().
        """
        if self._stream.inside:
            raise RuntimeError('busy')
        while True:
            found = self.closed or self._last == _END or self.discard()
            if self.index == self.end:
                self.release()
            if found:
                return True
            n = None
            if self._burst:
                self._burst -= 1
                n = self.recv()
            if n == 0:
                self.finish(_END)
            elif n is None:
                self.iterator = self._stream.wait(0)
                if not self.iterator:
                    return False
                self._burst = _BURST
                self._unread = 255
                return None

    def schedule(self) -> None:
        """Let the task that is queued to read run next: its read() gives WOKEN. Without one it does
        nothing. Twin: protocol_schedule"""
        if self._stream.inside:
            raise RuntimeError('busy')
        if self._stream.wake():
            self._woken = True

    def abort(self) -> None:
        """Let all tasks that are queued run next: read() gives END, write() and flush() raise
        OSError from now on. Buffers are given back. Needs no memory. Twin: protocol_abort"""
        self.closed = True
        if not self._stream.inside:
            self.release()
            self.msg = None
            self.in_frame = self.in_message = False
            self.room = self.size = self.left = self.arrived = 0
            self.held(0)
            self._cork = self._pending = self.buffer = None
            self._cork_sent = 0
        self._blocked = False
        self._last = self._last or _END
        self._stream.abort()
