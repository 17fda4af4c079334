"""The sending half of ``Protocol`` in Python: frames, the cork, and what waits."""

from . import const, unmask, utf8

if False:  # for type checkers alone
    from typing import Any

    from .._types import Buffer, Bytes
    from ..transport import Transport
    from .stream import SocketTransport

# Of frames.py, whose values these are.
_BINARY = const(2)
_CLOSE = const(8)
_PONG = const(10)
_YIELD = const(1)
_CORKED = const(2)
_WAITS = const(3)
_BUSY = const(4)
_UNREAD = const(5)
_LENGTH_MAX = const(0x3FFFFFFF)
_CONTROL_MAX = const(125)
_HEADER_MAX = const(14)

_EINVAL = const(22)
_ECONNABORTED = const(103)

_BURST = const(32)  # reads and writes without waiting, until other tasks get their turn


def write_header(first: int, length: int, key: bytes) -> bytes:
    """The header of a frame (section 5.2), bytes: 2, 4 or 10, and the key's 4.

    :param first: the first byte: FIN, RSV bits and opcode.
    :param length: of the payload, in bytes.
    :param key: the mask key, bytes; empty if the frame is not masked.

    Twin: ws_write_header in ws_protocol.c
    """
    masked = 0x80 if key else 0
    if length < 126:
        return bytes((first, masked | length)) + key
    size = 2 if length < 0x10000 else 8
    kind = 126 if size == 2 else 127
    return bytes((first, masked | kind)) + length.to_bytes(size, 'big') + key


class Sending:
    """What ``Protocol`` is to whoever sends. Of what is read it looks at ``index`` and ``end``,
    which differ if something has arrived and is not decoded."""

    index: int
    end: int
    _woken: bool
    _pending: 'Bytes | None'
    _cork: 'Any'

    def __init__(self, stream: 'Transport | SocketTransport', urandom: 'Any', maxsize: int) -> None:
        self._stream = stream  # a transport
        self.urandom = urandom
        self._burst = _BURST
        self.iterator = None  # what `await protocol` waits for
        # The frame that is being sent: its header, its payload until all is sent, how many bytes
        # that has, its mask key, and how many bytes of header and payload are sent.
        self._header = self._key = b''
        self._pending = None
        self._length = self._sent = 0
        # Small frames that wait for others, room for so many bytes of them, and how many are sent.
        self._cork = b''
        self._cork_size = stream.joins and maxsize
        self._cork_sent = 0
        self._blocked = self.closed = False
        # Frames written since read() has returned something, 2 at most; 255: it has not, or a task
        # waits for it to.
        self._unread = 255

    def write(self, data: 'Any', opcode: 'int | None') -> 'int | None':
        """Send a frame, masked if this is a client. Twin: protocol_write

        :param data: str, of which the UTF-8 is sent, or bytes, bytearray or memoryview.
        :param opcode: None: TEXT for str, else BINARY. 0x80 may be added if it is not its message's
                       last frame, and 0x40 for RSV1.

        None: the system has it, or it is corked behind others, which flush() will send.
        YIELD: the system has it, and it is other tasks' turn.
        CORKED: it is the first that is corked: flush() at the event loop's next turn.
        WAITS: a part of it waits for flush(); data must not change until it is sent.
        UNREAD: the system has it; it is the second since read() has returned something, and no task
        has called that again.
        BUSY: it was not taken, since an earlier frame waits: flush(), then write again.

        Corked are small data frames, for as long as other messages have arrived and are not read
        yet: their replies go out in one packet. Any other frame sends them first.

        ValueError: text, or a Close's reason, that is no UTF-8; a reserved opcode, or a control
        frame (RFC 6455, section 5.5) that is fragmented or has more than 125 bytes. TypeError:
        other data. OSError: the connection broke, or abort() was called. RuntimeError: as of
        read().
        """
        if self._stream.inside:
            raise RuntimeError('busy')
        keeps = self._stream.keeps
        text = isinstance(data, str)
        first = 0x82
        if text:
            first = 0x81
            data = data.encode() if keeps else memoryview(data)
        elif type(data) is not bytes:
            view = memoryview(data)
            if keeps or len(bytes(view[:1])) > 1:  # or an item is more than a byte
                data = bytes(view)
        key = b''
        if self.urandom:
            key = bytes(self.urandom(4))
            if len(key) != 4:
                raise ValueError('key')
        length = len(data)  # now, for urandom() may have changed it
        if opcode is not None:
            kind = opcode & ~0xC0
            # Control frames have no flags, and are short.
            if kind > _BINARY or kind < 0:
                if not _CLOSE <= opcode <= _PONG or length > _CONTROL_MAX:
                    raise ValueError('opcode')
            first = 0x80 ^ opcode
        if not (text and keeps) and (text or first & 0x4F == 1 or first == 0x88):
            # A str of MicroPython need not be UTF-8.
            if utf8(data, min(length, 2) if first == 0x88 else 0, length, 0):
                raise ValueError('UTF-8')
        if self.closed:
            raise OSError(_ECONNABORTED)
        if self._blocked:
            return _BUSY
        self._header = write_header(first, length, key)
        self._key = key
        self._length = length
        self._sent = 0
        if self._cork or self.index != self.end:
            result = self.append(data)
            if result >= 0:
                return result or None
        if not self.send(data):
            self._blocked = True
            return _WAITS
        if self._burst:
            self._burst -= 1
            if self._unread < 2:
                self._unread += 1
                if self._unread == 2:
                    return _UNREAD
            return None
        self._burst = _BURST
        return _YIELD

    def append(self, data: 'Bytes') -> int:
        """Put the frame into the cork: CORKED if it is the first, 0 if it is not; BUSY; -1: it has
        to be sent. Twin: cork"""
        size = len(data) + _HEADER_MAX
        is_data = self._header[0] & 0x0F < _CLOSE
        fits = is_data and self._burst and size <= self._cork_size >> 1
        if self._cork and not (fits and len(self._cork) + size <= self._cork_size):
            if self._flush():
                return _BUSY
        if not fits:
            return -1
        result = 0
        if not self._cork:
            result = _CORKED
            self._cork = bytearray()  # a new one: a transport may keep what it is given
        self._cork.extend(self.pack(data, 0, len(data)))
        return result

    def pack(self, data: 'Bytes', sent: int, maxsize: int) -> 'Bytes':
        """The frame that is being sent, from byte ``sent`` on, with so many bytes of its payload at
        most. Twin: compose"""
        header = self._header
        at = max(sent - len(header), 0)
        body: Buffer = memoryview(data)[at : at + maxsize]
        if self._key:
            body = bytearray(body)  # the sender's memory stays as it is
            unmask(body, 0, len(body), self._key, at)
        return header[sent:] + body if at == 0 else body

    def send(self, data: 'Bytes') -> bool:
        """Hand the frame of this payload to the system, from byte _sent on: whether it has all of
        it. What it does not take is kept in _pending. Twin: send_frame"""
        transport = self._stream
        most = transport.joins or _LENGTH_MAX
        sent = self._sent
        size = len(self._header)
        end = size + len(data)
        while sent < end:
            if sent < size or self._key:
                piece = self.pack(data, sent, most)
            else:
                piece = memoryview(data)[sent - size :]
            n = transport.write(piece) or 0
            self._sent = sent = sent + n
            if n < len(piece):
                self._pending = data
                return False
        self._pending = None
        self._header = self._key = b''  # left where they are, they would split the free memory
        return not transport.unsent

    def flush(self) -> bool:
        """Hand to the system what waits: whether something still does. Twin: protocol_flush

        OSError: the connection broke, or abort() was called. RuntimeError: as of read().
        """
        if self._stream.inside:
            raise RuntimeError('busy')
        if self.closed:
            raise OSError(_ECONNABORTED)
        return self._flush()

    def _flush(self) -> bool:
        self._blocked = True
        if self._cork:
            piece = memoryview(self._cork)[self._cork_sent :]
            n = self._stream.write(piece) or 0
            if n < len(piece):
                self._cork_sent += n
                return True
            self._cork = b''
            self._cork_sent = 0
            if self._burst:
                self._burst -= 1
        data = self._pending
        if data is not None:
            if len(data) != self._length:
                raise OSError(_EINVAL)
            if not self.send(data):
                return True
        self._blocked = not self._stream.is_sent()
        return self._blocked

    def wait(self) -> 'Sending':
        """Queue the current task until bytes have gone out: ``await protocol.wait()``, after
        flush() has returned True. RuntimeError: another task does so, or as of read(). Twin:
        protocol_wait"""
        if self._stream.inside:
            raise RuntimeError('busy')
        self.iterator = None
        if not self.closed:
            self.iterator = self._stream.wait(1)
            if not self.iterator:
                raise RuntimeError('another task waits')
            self._burst = _BURST
        return self

    def __iter__(self) -> 'Any':
        """``await protocol``, behind a call that has queued the current task: it waits once. Twin:
        protocol_iternext"""
        awaited = self.iterator
        self.iterator = None
        return iter(awaited or ())

    __await__ = __iter__  # CPython

    def register(self) -> None:
        """To be called by a task that was cancelled while it awaited the protocol: the asyncio of
        MicroPython has then forgotten the other task, too. Of a frame that is sent in part the rest
        is copied, since its owner may change it from now on. A schedule() that no read() has seen
        is forgotten: the next task must not take it for its own. Twin: protocol_register"""
        if self._stream.inside:
            raise RuntimeError('busy')
        self._woken = False
        if self._stream.requeue() and isinstance(self._pending, (bytearray, memoryview)):
            self._pending = bytes(self._pending)
