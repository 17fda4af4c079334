"""The receiving half of ``Protocol`` in Python: ``Rules`` over a transport's bytes, the read buffer
and the memory of messages, and when to read and when to wait."""

from .rules import Rules
from .sending import Sending

try:
    from micropython import const
except ImportError:  # CPython
    const = int

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
_ERR_MEMORY = const(-21)
_OWN = const(0)
_BUFFER = const(1)
_SKIP = const(2)
_LENGTH_MAX = const(0x3FFFFFFF)
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
spare = {}


class Shared:
    """What all connections share."""

    held = 0  # bytes of messages in progress
    activity = 0  # how many reads have brought something


def number(n):
    """A number of bytes or fragments: 0x3FFFFFFF at most. TypeError unless it is an int. Twin:
    get_number"""
    return min(n | 0, _LENGTH_MAX)


class Receiving(Sending):
    """What ``Protocol`` is to whoever receives."""

    def __init__(
        self, transport, urandom, buffer_size, limit, max_fragments, compressed_limit, held_limit
    ):
        if buffer_size not in spare:
            spare.clear()
            spare[buffer_size] = bytearray(buffer_size)
        super().__init__(transport, urandom, 1024 if buffer_size < 8192 else 16384)
        self._buffer_size = buffer_size
        self._limit = limit
        self._limit_given = ''  # to read(): no number yet
        # A server's peer masks its frames, but not the TestClient.
        self._rules = rules = Rules(urandom is None and transport.masked, compressed_limit > 0)
        rules.max_fragments = max_fragments
        rules.compressed_limit = compressed_limit
        self._held = 0  # bytes of the message in progress
        self._held_limit = held_limit
        self.time = 0  # the shared one, as of the last read that has brought something
        self.event = 0
        self.count = 0
        self.poll = False
        self._data = None
        self._sink = None  # the buffer that messages go to
        self._last = 0  # after CLOSE, an error or END: that event, for ever
        self._more = _YES
        self._woken = False  # read() has to give WOKEN
        self._halted = False  # one of these two

    def read(self, limit, buffer):
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
        transport = self._transport
        if transport.inside:
            raise RuntimeError('busy')
        if limit != self._limit_given:
            self._set_limit(limit)
        if self._data is not None:
            self._data = None
        if self._halted:
            return self._halt()
        self._unread = 0
        self._rules.hold = buffer is False
        if buffer is False:
            buffer = None
        if buffer is not self._sink:
            if buffer is not None and not _room(buffer):
                raise ValueError('the buffer is empty')
            self._set_sink(buffer)
        rules = self._rules
        while True:
            if buffer is not None:
                self._refresh_sink()
            event = _IDLE
            # Nearly always nothing has been left by the message before.
            if rules.buf is not None or rules.in_frame:
                try:
                    event = rules.next()
                    while event == _ROOM:
                        self._make_room()
                        event = rules.next()
                except MemoryError:
                    event = _ERR_MEMORY
                if rules.start == rules.end:
                    self._release_buffer()
                if event > 0 or event < _MORE:
                    self.event = event
                    message = rules.message
                    if message is not None:
                        rules.message = None
                        return message
                    return self._result(event)
            if self._corked and self._flush():
                self.event = _BLOCKED
                return False
            n = None
            if self._burst and (event or self._more):
                self._burst -= 1
                n = self._read_once()
                if n == 0:
                    return self._end(_END)
                if n is None or (event and self._rules.length > _LONG):
                    self._more = _NO
                elif self._more == _WAITED:
                    self._more = _YES if rules.end == self._buffer_size else _NO
            if n is None:
                if not event and rules.in_message and not self.poll:
                    event = _MORE  # between fragments; somebody has to look whether it gets on
                self.event = event
                if event and not self.poll:
                    return False
                self._more = _WAITED
                self._awaited = transport.wait(0)
                if self._awaited is None:
                    self.event = _WOKEN
                    return False
                self._burst = _BURST
                self._unread = 255
                return None

    def _halt(self):
        """What keeps read() from reading is in ``event``."""
        event = self._last
        if not event:
            event = _WOKEN
            self._woken = self._halted = False
        self.event = event
        return False

    def _end(self, event):
        """From now on this is all that read() finds. Twin: finish"""
        self.event = self._last = event
        self._halted = True
        self._rules.msg = None
        self._rules.room = 0
        self._hold(0)
        return False

    def _set_limit(self, limit):
        n = number(limit)
        self._rules.limit = n if n > 0 else self._limit if n else _LENGTH_MAX
        self._limit_given = limit

    def _set_sink(self, buffer):
        """From now on messages go there. Twin: set_sink"""
        rules = self._rules
        if rules.in_message:
            if rules.sink == _BUFFER:
                rules.sink = _SKIP
                rules.size = 0
            elif rules.sink == _OWN and not rules.compressed:
                raise RuntimeError('a message is in progress')
        rules.next_sink = _OWN if buffer is None else _BUFFER
        self._sink = buffer

    def _refresh_sink(self):
        """Look at the buffer, which may have changed since the last time. Twin: refresh_sink"""
        rules = self._rules
        buffer = self._sink
        room = _room(buffer)
        if not room or (rules.in_message and rules.sink == _BUFFER and room < rules.size):
            raise ValueError('the buffer is too short')
        if not rules.in_message or rules.sink != _OWN:
            rules.msg = buffer
            rules.room = room

    def _release_buffer(self):
        """Nothing in the read buffer is needed any more: let other connections have it. Twin:
        release_buffer"""
        rules = self._rules
        if rules.buf is not None:
            spare[self._buffer_size] = rules.buf
            rules.buf = None
            rules.start = rules.end = 0

    def _result(self, event):
        """What read() returns for this event. Twins: take_message, keep_data"""
        rules = self._rules
        if event == _FULL and rules.hold:
            return False
        if event == _FULL or 0 < event < _CLOSE:
            size = rules.size
            rules.size = 0
            if rules.sink == _BUFFER:
                return size
            msg = rules.msg
            rules.msg = None  # or it would stay in memory
            rules.room = 0
            self._hold(0)
            try:
                view = memoryview(msg)[:size] if size else b''
                if not rules.compressed:
                    return str(view, 'utf-8') if event == _TEXT else bytes(view)
                self._data = bytes(view)
                return False
            except MemoryError:
                self.event = event = _ERR_MEMORY
        elif event > 0:
            self._data = rules.data
            rules.data = None
        return self._end(event) if event == _CLOSE or event < 0 else False

    def _read_once(self):
        """Read once, to the read buffer or straight to the message: how many bytes, 0 at the end,
        None if nothing is there. Twin: read_once"""
        if self._aborted:
            raise OSError(_ECONNABORTED)
        rules = self._rules
        buf = rules.buf
        if buf is None:
            size = self._buffer_size
            if rules.left >= size and rules.direct(size):
                at = rules.size
                n = self._transport.readinto(memoryview(rules.msg)[at : at + rules.direct(size)])
                if n:
                    rules.arrived = n
                    self._count(n)
                return n
            rules.buf = buf = spare.pop(size, None) or bytearray(size)
            end = 0
            n = self._transport.readinto(buf)
        else:
            # What is left is short: a part of a header or of a control frame.
            start = rules.start
            end = rules.end - start
            if start:
                memoryview(buf)[:end][:] = buf[start : start + end]
                rules.start = 0
                rules.end = end
            n = self._transport.readinto(memoryview(buf)[end:])
        if n:
            rules.end = end + n
            self._count(n)
        elif not end:
            self._release_buffer()
        return n

    def _count(self, n):
        """So many bytes were read."""
        self.count = self.count + n & _LENGTH_MAX
        Shared.activity = self.time = Shared.activity + 1 & _LENGTH_MAX

    def _hold(self, n):
        """So many bytes are held for the message in progress. Twin: hold"""
        Shared.held += n - self._held
        self._held = n

    def _make_room(self):
        """Make room for the message in progress: twice that, if there is so much, while fragments
        are to follow, so that many short ones do not copy it each time. MemoryError; also if all
        connections would hold more than they may. (One alone may hold as much as there is.) Twin:
        make_room"""
        rules = self._rules
        old = rules.msg if rules.room else None
        want = rules.total
        room = want
        others = Shared.held - self._held
        is_whole = rules.first >= 0x80 and rules.left <= rules.end - rules.start
        if not is_whole and others and others + want > self._held_limit:
            raise MemoryError
        msg = None
        if rules.first < 0x80 and 2 * want < rules.limit:
            try:
                room = 2 * want
                msg = bytearray(room)
            except MemoryError:
                room = want
        if msg is None:
            msg = bytearray(room)
        size = rules.size
        if size:
            memoryview(msg)[:size][:] = memoryview(old)[:size]
        rules.msg = msg
        rules.room = room
        self._hold(room)


def _room(buffer):
    """Bytes of a buffer to read to. TypeError: it is none, or read-only."""
    if not isinstance(buffer, (bytearray, memoryview)):
        raise TypeError('a bytearray or a writable memoryview is needed')
    buffer[0:0] = b''  # TypeError: what a memoryview shows is read-only
    return len(buffer)
