"""RFC 6455 without I/O: it is fed bytes and asked what they mean.

All policy stands here (which frames and close codes are allowed, in which order, how long):
- A frame has no RSV bits, a known opcode, a mask key if a client sends it and none if a server
  does, and its length in the shortest form (sections 5.1, 5.2). Else it is a protocol error: 1002.
- Control frames are whole and have at most 125 bytes of payload (5.5); they may come between the
  fragments of a message, not inside a frame.
- A fragmented message starts with TEXT or BINARY and goes on with CONT; messages do not
  interleave (5.4).
- TEXT and close reasons are UTF-8, checked as the bytes arrive (8.1): 1007.
- A message longer than ``limit`` bytes, over all its fragments, is refused by its header, before
  its payload is allocated: 1009; so is one that the heap has no room for. One of more than
  ``max_fragments`` fragments, which may be empty, is refused too: 1008.
- A Close holds nothing, or a code that may be sent and a reason (5.5.1, 7.4).
"""

from .codec import extract, freeze, parse_header, unmask, utf8

try:
    from micropython import const
except ImportError:  # CPython
    const = int

# Opcodes, section 5.2
CONT = const(0)
TEXT = const(1)
BINARY = const(2)
CLOSE = const(8)
PING = const(9)
PONG = const(10)

# Close codes, section 7.4.1. With an underscore a constant takes no RAM on a board, and no look-up;
# other modules repeat those that they use.
_NORMAL = const(1000)
_GOING_AWAY = const(1001)
_PROTOCOL_ERROR = const(1002)
_NO_STATUS = const(1005)  # never on the wire: the Close was empty
_ABNORMAL = const(1006)  # never on the wire: there was no Close
_INVALID_PAYLOAD = const(1007)
_POLICY_VIOLATION = const(1008)
_TOO_BIG = const(1009)
_INTERNAL_ERROR = const(1011)

#: The longest message, in bytes: the longest payload that the codec decodes.
_MAX_LENGTH = const(0x3FFFFFFF)
_MAX_CONTROL = const(125)
_MIN_BUFFER = const(139)  # a control frame must fit: 14 bytes of header, 125 of payload

# The buffer that no connection holds, by its size: one that waits for its next frame needs none.
# (A dict, since event loops in several threads of CPython must not take the same one.)
_spare = {}


class ProtocolError(Exception):
    """The peer broke a rule: ``args`` are the code and the reason (str) for the Close that tells it
    so."""


def is_close_code(code):
    """Whether ``code`` may stand in a Close frame (section 7.4.2 and IANA's registry)."""
    return 3000 <= code <= 4999 or (1000 <= code <= 1014 and not 1004 <= code <= 1006)


def close_payload(code, reason=''):
    """The payload of a Close frame, bytes; empty for code 1005, "no status".

    ValueError: a code that may not be sent, or a reason of more than 123 bytes of UTF-8.
    """
    if code == _NO_STATUS:
        return b''
    if not is_close_code(code):
        raise ValueError('close code %s may not be sent' % code)
    payload = code.to_bytes(2, 'big') + reason.encode()
    if len(payload) > _MAX_CONTROL:
        raise ValueError('close reason is longer than 123 bytes')
    return payload


def check_sendable(opcode, length):
    """Raise ValueError unless one frame with this opcode may carry ``length`` bytes."""
    if opcode > PONG or BINARY < opcode < CLOSE:
        raise ValueError('opcode %d is reserved' % opcode)
    if opcode >= CLOSE and length > _MAX_CONTROL:
        raise ValueError('a control frame carries at most 125 bytes')


def write_header(buf, opcode, length):
    """Write the header of an unmasked frame to ``buf[0:]``; its size in bytes.

    ``opcode`` may have 0x80 added, for a frame that is not its message's last, and RSV bits.
    """
    buf[0] = 0x80 ^ opcode
    if length < 126:
        buf[1] = length
        return 2
    if length < 0x10000:
        buf[1] = 126
        buf[2] = length >> 8
        buf[3] = length & 0xFF
        return 4
    buf[1] = 127
    for i in range(9, 1, -1):
        buf[i] = length & 0xFF
        length >>= 8
    return 10


class Protocol:
    """One connection's incoming side.

    Give it bytes: ``read()``. Ask it: ``next_event()``, until there is nothing more.

    :param buffer_size: bytes to read at once at most, for frame headers and small payloads. There
                        is memory for them from now on, unless many connections are in the middle
                        of a frame.
    :param from_client: whether the peer is a client, which masks its frames (section 5.1).
    """

    #: The longest message allowed, in bytes.
    limit = _MAX_LENGTH
    #: The most fragments that a message may have; 0: any number.
    max_fragments = 0
    #: After TEXT or BINARY the message, str or bytes; after PING or PONG its payload, bytes.
    data = None
    #: After CLOSE: the peer's code (1005 if it gave none) and reason.
    close_code = 0
    close_reason = ''

    _arrived = 0  # bytes that have been read into the message and are still masked

    def __init__(self, buffer_size=2048, from_client=True):
        #: What ``read()`` reads at most between two frames, in bytes.
        self.buffer_size = buffer_size = max(buffer_size, _MIN_BUFFER)
        if buffer_size not in _spare:
            _spare.clear()
            _spare[buffer_size] = bytearray(buffer_size)
        # What has arrived and is not decoded: _buf[_start:_end]. Between two frames _buf is None.
        self._buf = None
        self._start = self._end = 0
        self._hdr = [0, 0, 0, bytearray(4)]  # of the current frame
        self._small = 6 if from_client else 2  # bytes of the header of a small frame
        self._opcode = 0  # of the message in progress, 0 if there is none
        self._left = 0  # bytes of the current frame's payload still to come

    def read(self, readinto):
        """Read once, by a function like a socket's ``readinto``: what it returns, bytes or None.

        MemoryError: there is no spare buffer, and no room for another one.
        """
        buf = self._buf
        if buf is None:
            size = self.buffer_size
            buf = _spare.pop(size, None) or bytearray(size)
            n = readinto(buf)
            if n:
                self._buf = buf
                self._start = 0
                self._end = n
            else:
                _spare[size] = buf
            return n
        start = self._start
        end = self._end
        if start == end and self._opcode and self._left >= self.buffer_size:
            n = readinto(memoryview(self._msg)[self._size : self._size + self._left])
            self._arrived = n or 0
            return n
        # What is left over is short (a part of a header or of a control frame): move it down.
        if start:
            end -= start
            buf[:end] = buf[start : start + end]
            self._start = 0
            self._end = end
        n = readinto(memoryview(buf)[end:])
        self._end = end + (n or 0)
        return n

    def next_event(self):
        """What has arrived: TEXT, BINARY, PING, PONG or CLOSE. If more bytes are needed: 0 between
        two frames, -1 inside one.

        ProtocolError: the peer broke a rule. MemoryError: there is no room for the message. After
        either, and after CLOSE, no more may be asked.
        """
        while True:
            if self._left:
                self._gather()
                if self._left:
                    return -1
                if self._hdr[0] >= 0x80:
                    return self._finish()
            start = self._start
            end = self._end
            buf = self._buf
            if start == end:
                self.release()
                return 0
            hdr = self._hdr
            try:
                size = parse_header(buf, start, end, hdr)
            except ValueError:
                raise ProtocolError(_TOO_BIG, 'message too big')
            if not size:
                return -1
            first, masked, length, key = hdr
            start += size
            stop = start + length
            # Nearly always: a whole message has arrived in one frame, of 0 to 65535 bytes.
            if (
                (first == 0x81 or first == 0x82)
                and (size == self._small or (size == self._small + 2 and length > 125))
                and stop <= end
                and length <= self.limit
                and not self._opcode
            ):
                self.data = data = extract(buf, start, stop, key, first == 0x81)
                self._start = stop
                if stop == end:  # as release() does, but for the cost of a call
                    _spare[self.buffer_size] = buf
                    self._buf = None
                if data is None:
                    raise ProtocolError(_INVALID_PAYLOAD, 'invalid UTF-8')
                return first & 0x0F
            self._check_header(first, masked, length, size)
            if first & 0x08:
                if stop > end:
                    return -1
                unmask(buf, start, stop, key, 0)
                self._control(first & 0x0F, start, stop)
                self._start = stop
                return first & 0x0F
            self._begin(first, length)
            self._left = length
            self._start = start
            if not length and first >= 0x80:
                return self._finish()

    def _check_header(self, first, masked, length, size):
        opcode = first & 0x0F
        if first & 0x70:
            reason = 'RSV bits set'
        elif opcode > PONG or BINARY < opcode < CLOSE:
            reason = 'reserved opcode'
        elif masked != (self._small > 2):
            reason = 'frame masked' if masked else 'frame not masked'
        elif size - 4 * masked > (2 if length < 126 else 4 if length < 0x10000 else 10):
            reason = 'length not minimal'
        elif opcode >= CLOSE:
            if first >= 0x80 and length <= _MAX_CONTROL:
                return
            reason = 'control frame fragmented or too long'
        elif opcode and self._opcode:
            reason = 'message inside a message'
        elif not opcode and not self._opcode:
            reason = 'continuation of nothing'
        elif length > self.limit - (self._size if self._opcode else 0):
            raise ProtocolError(_TOO_BIG, 'message too big')
        else:
            return
        raise ProtocolError(_PROTOCOL_ERROR, reason)

    def _control(self, opcode, start, stop):
        """A whole control frame, its payload at _buf[start:stop], unmasked."""
        if opcode != CLOSE:
            self.data = bytes(self._buf[start:stop])
        else:
            code = _NO_STATUS
            if start < stop:
                code = self._buf[start] << 8 | self._buf[start + 1] if stop - start > 1 else 0
                if not is_close_code(code):
                    raise ProtocolError(_PROTOCOL_ERROR, 'bad close code')
                if utf8(self._buf, start + 2, stop, 0):
                    raise ProtocolError(_INVALID_PAYLOAD, 'invalid UTF-8')
                self.close_reason = str(self._buf[start + 2 : stop], 'utf-8')
            self.close_code = code
            self._end = stop  # what follows does not count
            self.release()

    def release(self):
        """Nothing in the buffer is needed any more: let other connections have it."""
        if self._buf is not None:
            self._start = self._end
            _spare[self.buffer_size] = self._buf
            self._buf = None

    def _begin(self, first, length):
        """A data frame whose payload is still to come, or one of several: make room for it."""
        if first & 0x0F:
            self._msg = bytearray(length + 1)  # freeze() wants a byte more
            self._opcode = first & 0x0F
            self._size = self._utf8 = self._fragments = 0
        self._fragments += 1
        if self._fragments > self.max_fragments > 0:
            raise ProtocolError(_POLICY_VIOLATION, 'too many fragments')
        size = self._size + length
        if size >= len(self._msg):
            self._grow(size, first >= 0x80)

    def _grow(self, size, is_last):
        """Let _msg hold ``size`` bytes: twice that, if there is room, while fragments are to
        follow, so that many short ones do not copy it each time."""
        try:
            msg = bytearray((size if is_last else min(2 * size, self.limit)) + 1)
        except MemoryError:
            msg = bytearray(size + 1)
        msg[: self._size] = memoryview(self._msg)[: self._size]
        self._msg = msg

    def _gather(self):
        """Take what has arrived of the current frame's payload into _msg, and unmask it there."""
        start = self._size
        n = self._arrived
        if n:
            self._arrived = 0
        else:
            n = min(self._left, self._end - self._start, len(self._msg) - start)
            self._msg[start : start + n] = memoryview(self._buf)[self._start : self._start + n]
            self._start += n
        _, _, length, key = self._hdr
        unmask(self._msg, start, start + n, key, length - self._left)
        self._size = start + n
        self._left -= n
        if self._opcode == TEXT:
            self._utf8 = utf8(self._msg, start, start + n, self._utf8)
            if self._utf8 < 0:
                raise ProtocolError(_INVALID_PAYLOAD, 'invalid UTF-8')

    def _finish(self):
        """The message in progress is complete."""
        if self._utf8:
            raise ProtocolError(_INVALID_PAYLOAD, 'invalid UTF-8')
        opcode = self._opcode
        msg = self._msg
        self._opcode = 0
        self._msg = None
        self.data = freeze(msg, self._size, opcode == TEXT)
        return opcode
