"""The receiving side of RFC 6455 over bytes that have arrived, for either role: the twin of
natmod/ws_protocol.c, whose header states the rules and how they are used.

It differs where Python does: the memory is bytearrays and memoryviews of bytes, and a small message
that has arrived whole comes as an object, in ``message``, instead of through ``msg``.
"""

from . import const, unmask, unmasked, utf8

if False:  # for type checkers alone
    from typing import Any

    from .._types import Buffer

# Of frames.py, whose values these are: with an underscore they take no RAM and no look-ups on a
# board.
_TEXT = const(1)
_BINARY = const(2)
_CLOSE = const(8)
_PONG = const(10)
_IDLE = const(0)
_MORE = const(-1)
_ROOM = const(-2)
_FULL = const(-3)
_ERR_RSV = const(-10)
_ERR_OPCODE = const(-11)
_ERR_MASK = const(-12)
_ERR_LENGTH = const(-13)
_ERR_CONTROL = const(-14)
_ERR_NESTED = const(-15)
_ERR_CONT = const(-16)
_ERR_CLOSE = const(-17)
_ERR_UTF8 = const(-18)
_ERR_FRAGMENTS = const(-19)
_ERR_TOO_BIG = const(-20)
_LENGTH_MAX = const(0x3FFFFFFF)
_NO_STATUS = const(1005)
_CONTROL_MAX = const(125)

# Where a message goes. Twins: WS_OWN, WS_BUFFER, WS_SKIP
_OWN = const(0)  # to memory of its own, for all of it: ROOM. A compressed message always does
_BUFFER = const(1)  # to msg[0:room], again and again: FULL
_SKIP = const(2)  # nowhere: it is checked and dropped, and not returned at its end


def is_close_code(code: int) -> bool:
    """Whether ``code`` may stand in a Close (section 7.4.2 and IANA's registry). Twin:
    ws_is_close_code"""
    return 3000 <= code <= 4999 or (1000 <= code <= 1014 and not 1004 <= code <= 1006)


def error(event: int) -> tuple[int, str]:
    """What a Close has to tell a peer that broke a rule: its code (section 7.4.1) and its reason.
    Twins: ws_error_code, ws_error_text"""
    code = 1002
    if event <= _ERR_UTF8:
        code = 1007 if event == _ERR_UTF8 else 1008 if event == _ERR_FRAGMENTS else 1009
    # One string: several take more memory, for a case that is rare.
    reasons = (
        'RSV bits set;reserved opcode;wrong masking;length not minimal;'
        'control frame fragmented or too long;message inside a message;continuation of nothing;'
        'bad close code;invalid UTF-8;too many fragments;message too big;out of memory'
    )
    return code, reasons.split(';')[_ERR_RSV - event]


class Rules:
    """What has arrived of one connection, and what it means. Twin: ws_protocol_t

    The attributes are those of the C struct; these are the ones to be set from outside:
    ``buf``, ``index``, ``end``: ``buf[index:end]``, a bytearray, has arrived and is not decoded;
    None where they are equal.
    ``msg``, ``room``, ``size``: the message in progress is ``msg[:size]``, of room bytes.
    ``arrived``: bytes that were read to msg at size, still masked.
    ``limit``, ``compressed_limit``: of a message, bytes; ``max_fragments``: of a message, 0: any.
    ``next_sink``, ``sink``: where messages go.

    :param masked: whether the peer masks its frames, as a client does (section 5.1).
    :param rsv1: whether compressed messages have been agreed on (RFC 7692).
    """

    buf: 'bytearray | None'
    msg: 'Buffer | None'
    message: 'str | bytes | None'

    def __init__(self, masked: bool, rsv1: bool) -> None:
        self.masked = masked
        self.rsv1 = rsv1
        self.buf = self.msg = None
        self.index = self.end = 0
        self.room = self.size = self.total = self.left = self.arrived = 0
        self.limit = self.compressed_limit = _LENGTH_MAX
        self.max_fragments = self.fragments = 0
        self.frames = 0  # data frames that have begun, to see whether the peer gets on
        self.first = self.length = 0  # of the current frame's header
        self.key = b''
        self.next_sink = self.sink = _OWN
        self.opcode = 0  # of the message in progress or the last one
        self.in_message = self.in_frame = self.compressed = False
        #: Begin no message but one that is whole, plain, and fits into limit: next() gives FULL.
        self.hold = False
        self.utf8 = 0
        # What next() has returned, if it is small: a message, str or bytes; after a control frame
        # its payload, bytes; after CLOSE its reason, str. To be taken; else None.
        self.message = None
        self.close_code = _NO_STATUS

    def next(self) -> int:
        """What has arrived: an opcode, of a message or a control frame; IDLE, MORE, ROOM or FULL;
        or an error. Twin: ws_next

        MemoryError: there is no room for a small message. After that, an error or CLOSE it must not
        be called again.
        """
        while True:
            if self.in_frame:
                while self.left:
                    result = self.collect()
                    if result:
                        return result
                self.in_frame = False
                if self.first >= 0x80:
                    self.in_message = False
                    if self.utf8:
                        return _ERR_UTF8
                    if self.sink != _SKIP:
                        return self.opcode
            start = self.index
            end = self.end
            if end - start < 2:
                return _MORE if start < end else _IDLE
            buf = self.buf
            first = buf[start]
            length = buf[start + 1]
            masked = length > 127
            length &= 127
            size = 2 if length < 126 else 4 if length == 126 else 10
            at = start + size
            body = at + 4 if masked else at
            if body > end:
                return _MORE
            is_minimal = True
            if size > 2:
                length = int.from_bytes(buf[start + 2 : at], 'big')
                is_minimal = size == 4 and length > 125
            stop = body + length
            # Nearly always: a whole message has arrived in one frame, of 0 to 65535 bytes.
            if (
                (first == 0x81 or first == 0x82)
                and stop <= end
                and is_minimal
                and masked == self.masked
                and length <= self.limit
                and not self.in_message
                and self.next_sink == _OWN
            ):
                return self.decode(first & 0x0F, at, body, stop)
            if length > _LENGTH_MAX:
                return _ERR_TOO_BIG
            result = self._check_header(first, masked, length, size)
            if result:
                return result
            self.first = first
            self.length = length
            self.key = bytes(buf[at:body]) if masked else b''
            if first & 0x08:
                return _MORE if stop > end else self._control(first & 0x0F, body, stop)
            if self.hold and not self.in_message:
                if first < 0x80 or first & 0x40 or length > self.limit:
                    return _FULL
            self.index = body
            result = self.open(first, length)
            if result:
                return result

    def decode(self, opcode: int, index: int, start: int, stop: int) -> int:
        """A message whose frame is whole: its mask key at buf[index:start], then its payload, up to
        stop."""
        self.index = stop
        self.length = stop - start
        self.opcode = opcode
        self.compressed = False
        buf = self.buf
        if index < start:
            data = unmasked(buf, start, stop, bytes(buf[index:start]))
        else:
            data = memoryview(buf)[start:stop]
        if opcode == _BINARY:
            self.message = bytes(data)
            return opcode
        try:
            message = str(data, 'utf-8')
        except ValueError:
            return _ERR_UTF8
        # MicroPython's decoder is not strict, but takes each byte of ASCII for a character.
        if len(message) < len(data) and utf8(data, 0, len(data), 0):
            return _ERR_UTF8
        self.message = message
        return opcode

    def _check_header(self, first: int, masked: bool, length: int, size: int) -> int:
        """Whether a frame may come now, by its header, whose first part has size bytes: 0 or an
        error. Twin: check_header"""
        opcode = first & 0x0F
        if first & 0x70 and (first & 0x70 != 0x40 or not self.rsv1 or not 0 < opcode <= _BINARY):
            return _ERR_RSV
        if opcode > _PONG or _BINARY < opcode < _CLOSE:
            return _ERR_OPCODE
        if masked != self.masked:
            return _ERR_MASK
        if size > (2 if length < 126 else 4 if length < 0x10000 else 10):
            return _ERR_LENGTH
        if opcode >= _CLOSE:
            return _ERR_CONTROL if first < 0x80 or length > _CONTROL_MAX else 0
        if opcode and self.in_message:
            return _ERR_NESTED
        if not opcode and not self.in_message:
            return _ERR_CONT
        return 0

    def open(self, first: int, length: int) -> int:
        """A data frame's header is there: begin the message, or go on with it. 0 or an error.
        Twin: begin_frame"""
        opcode = first & 0x0F
        if opcode:
            self.opcode = opcode
            self.compressed = first & 0x40 != 0
            self.sink = _OWN if self.compressed else self.next_sink
            self.size = self.total = self.fragments = 0
            if self.sink == _OWN:
                self.room = 0
            self.utf8 = 0
            self.in_message = True
        self.left = length  # also of a frame that is refused: discard() passes over it
        limit = self.compressed_limit if self.compressed else self.limit
        if self.sink != _SKIP and self.total + length > limit:
            return _ERR_TOO_BIG
        self.fragments += 1
        if self.fragments > self.max_fragments > 0:
            return _ERR_FRAGMENTS
        self.total += length
        self.in_frame = True
        self.frames = self.frames + 1 & _LENGTH_MAX
        return 0

    def _control(self, opcode: int, start: int, stop: int) -> int:
        """A whole control frame, its payload at buf[start:stop]: its opcode, or an error. One that
        is refused stays where it is, so that discard() finds a bad Close, too. Twin: control"""
        buf = self.buf
        data: Any = bytes(unmasked(buf, start, stop, self.key) if self.masked else buf[start:stop])
        if opcode == _CLOSE:
            self.close_code = _NO_STATUS
            reason = b''
            if data:
                code = data[0] << 8 | data[1] if len(data) > 1 else 0
                if not is_close_code(code):
                    return _ERR_CLOSE
                self.close_code = code
                reason = data[2:]
                if utf8(reason, 0, len(reason), 0):
                    return _ERR_UTF8
            data = str(reason, 'utf-8')
            stop = self.end  # what follows does not count
        self.index = stop
        self.message = data
        return opcode

    def collect(self) -> int:
        """Take what has arrived of the current frame's payload: 0, or what next() has to return.
        Twin: gather"""
        n = self.arrived
        buf = self.msg
        at = size = self.size
        if n:
            self.arrived = 0
        else:
            start = self.index
            n = min(self.end - start, self.left)
            if self.sink == _SKIP:
                buf = self.buf
                at = start
            elif self.sink == _OWN:
                if self.room < self.total:
                    return _ROOM
            else:
                if size == self.room:
                    return _FULL
                n = min(n, self.room - size)
            if not n:
                return _MORE
            self.index = start + n
            if buf is self.msg:
                memoryview(buf)[at : at + n][:] = memoryview(self.buf)[start : start + n]
        if self.masked:
            unmask(buf, at, at + n, self.key, self.length - self.left)
        if self.sink != _SKIP:
            self.size = size + n
        self.left -= n
        if self.opcode == _TEXT and not self.compressed:
            self.utf8 = utf8(buf, at, at + n, self.utf8)
            if self.utf8 < 0:
                return _ERR_UTF8
        return 0

    def direct(self, size: int) -> int:
        """How many bytes may be read straight to the end of msg; 0 unless that is ``size`` or more.
        Twin: ws_direct"""
        if self.index != self.end or self.sink == _SKIP:
            return 0
        n = min(self.room - self.size, self.left)
        return n if n >= size else 0

    def discard(self) -> bool:
        """For an end that has sent its Close: drop what has arrived, without checks; True once a
        Close was in it. Twin: ws_discard"""
        self.left -= self.arrived
        self.arrived = 0
        self.in_frame = self.in_message = False
        self.sink = _SKIP  # nothing is read straight to msg any more
        while True:
            n = min(self.end - self.index, self.left)
            self.index += n
            self.left -= n
            if self.left or self.end - self.index < 2:
                return False
            buf = self.buf
            start = self.index
            length = buf[start + 1]
            size = 2 if length & 127 < 126 else 4 if length & 127 == 126 else 10
            body = start + size + (length >> 7 << 2)
            if body > self.end:
                return False
            length &= 127
            if size > 2:
                length = int.from_bytes(buf[start + 2 : start + size], 'big')
            self.index = body
            self.left = length
            if buf[start] & 0x0F == _CLOSE and length <= _LENGTH_MAX:
                return True
