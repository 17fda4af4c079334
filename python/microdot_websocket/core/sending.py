"""The sending half of ``Protocol`` in Python: frames, the cork, and what waits."""

import errno
import sys

from .frames import write_header
from .mask import unmask
from .text import utf8

try:
    from micropython import const
except ImportError:  # CPython
    const = int

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

_BURST = const(32)  # reads and writes without waiting, until other tasks get their turn

_COPIES = sys.implementation.name == 'cpython'  # its transports may keep what they are given
_utf8_of = str.encode if _COPIES else memoryview  # not a copy


class Sending:
    """What ``Protocol`` is to whoever sends. It does not know what is read but for ``_rules``."""

    def __init__(self, transport, urandom, cork_size):
        self._transport = transport
        self._urandom = urandom
        self._burst = _BURST
        self._awaited = None  # what `await protocol` waits for
        # The frame that is being sent: its header, its payload until all is sent, how many bytes
        # that has, its mask key, and how many bytes of header and payload are sent.
        self._header = self._key = b''
        self._pending = None
        self._length = self._sent = 0
        self._joins = _LENGTH_MAX if transport.whole else transport.joins
        self._scratch = transport.scratch
        # Small frames that wait for others, in all so many bytes, and room for so many.
        self._cork = []
        self._corked = 0
        self._cork_size = 0 if transport.whole else cork_size
        self._cork_sent = 0  # bytes of them
        self._blocked = self._aborted = False
        # Frames written since read() has returned something, 2 at most; 255: it has not, or a task
        # waits for it to.
        self._unread = 255

    def write(self, data, opcode):
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
        if self._transport.inside:
            raise RuntimeError('busy')
        text = isinstance(data, str)
        first = 0x82
        if text:
            first = 0x81
            data = _utf8_of(data)
        elif type(data) is not bytes:
            view = memoryview(data)
            if _COPIES or len(bytes(view[:1])) > 1:  # or an item is more than a byte
                data = bytes(view)
        key = b''
        if self._urandom:
            key = bytes(self._urandom(4))
            if len(key) != 4:
                raise ValueError('a mask key has 4 bytes')
        length = len(data)  # now, for urandom() may have changed it
        is_data = True
        if opcode is not None:
            _check_opcode(opcode, length)
            first = 0x80 ^ opcode
            is_data = first & 0x0F < _CLOSE
        if not (text and _COPIES) and (text or first & 0x4F == 1 or first == 0x88):
            # A str of MicroPython need not be UTF-8.
            if utf8(data, min(length, 2) if first == 0x88 else 0, length, 0):
                raise ValueError('invalid UTF-8')
        if self._aborted:
            raise OSError(errno.ECONNABORTED, 'aborted')
        if self._blocked:
            return _BUSY
        self._header = write_header(first, length, key)
        self._key = key
        self._length = length
        self._sent = 0
        rules = self._rules
        if self._corked or rules.start != rules.end:
            result = self._put_in_cork(data, is_data and self._burst)
            if result >= 0:
                return result or None
        if not self._send(data):
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

    def _put_in_cork(self, data, is_data):
        """Put the frame into the cork: CORKED if it is the first, 0 if it is not; BUSY; -1: it has
        to be sent. Twin: cork"""
        size = len(data) + _HEADER_MAX
        fits = is_data and size <= self._cork_size >> 1
        if self._corked and (not fits or self._corked + size > self._cork_size) and self._flush():
            return _BUSY
        if not fits:
            return -1
        frame = self._compose(data, 0, len(data), None)
        result = 0 if self._corked else _CORKED
        self._cork.append(frame)
        self._corked += len(frame)
        return result

    def _compose(self, data, sent, most, scratch):
        """Make the frame that is being sent, from byte ``sent`` on, with that many bytes of its
        payload at most, in scratch if there is one. Twin: compose"""
        header = self._header
        size = len(header)
        at = max(sent - size, 0)
        n = min(most, len(data) - at)
        body = data if n == len(data) else memoryview(data)[at : at + n]
        if scratch is None:
            if self._key:
                body = bytearray(body)  # the sender's memory stays as it is
                unmask(body, 0, n, self._key, at)
            return header[sent:] + body
        scratch[:size][:] = header
        end = size + n
        scratch[size:end][:] = body
        if self._key:
            unmask(scratch, size, end, self._key, at)
        return scratch[min(sent, size) : end]

    def _send(self, data):
        """Hand the frame of this payload to the system, from byte _sent on: whether it has all of
        it. What it does not take is kept in _pending. Twin: send_frame"""
        transport = self._transport
        sent = self._sent
        size = len(self._header)
        end = size + len(data)
        while sent < end:
            if sent < size or self._key:
                piece = self._compose(data, sent, self._joins, self._scratch)
            else:
                piece = memoryview(data)[sent - size :]
            n = transport.write(piece) or 0
            self._sent = sent = sent + n
            if n < len(piece):
                self._pending = data
                return False
        self._pending = None
        return not transport.unsent

    def flush(self):
        """Hand to the system what waits: whether something still does. Twin: protocol_flush

        OSError: the connection broke, or abort() was called. RuntimeError: as of read().
        """
        if self._transport.inside:
            raise RuntimeError('busy')
        if self._aborted:
            raise OSError(errno.ECONNABORTED, 'aborted')
        return self._flush()

    def _flush(self):
        self._blocked = True
        if self._corked:
            if len(self._cork) > 1:
                self._cork[:] = [b''.join(self._cork)]
            piece = memoryview(self._cork[0])[self._cork_sent :]
            n = self._transport.write(piece) or 0
            if n < len(piece):
                self._cork_sent += n
                return True
            self._cork.clear()
            self._corked = self._cork_sent = 0
            if self._burst:
                self._burst -= 1
        data = self._pending
        if data is not None:
            if len(data) != self._length:
                raise OSError(errno.EINVAL, 'the data has changed')
            if not self._send(data):
                return True
        if not self._transport.is_sent():
            return True
        self._blocked = False
        return False

    def wait(self):
        """Queue the current task until bytes have gone out: ``await protocol.wait()``, after
        flush() has returned True. RuntimeError: another task does so, or as of read(). Twin:
        protocol_wait"""
        if self._transport.inside:
            raise RuntimeError('busy')
        awaited = None
        if not self._aborted:
            awaited = self._transport.wait(1)
            if awaited is None:
                raise RuntimeError('another task waits')
            self._burst = _BURST
        self._awaited = awaited
        return self

    # `await protocol`, behind a call that has queued the current task: it waits once.
    # Twin: protocol_iternext

    def __await__(self):  # CPython
        awaited = self._awaited
        self._awaited = None
        return awaited.__await__() if awaited else iter(())

    def __iter__(self):  # MicroPython
        awaited = self._awaited
        self._awaited = None
        return iter(awaited or ())

    def register(self):
        """To be called by a task that was cancelled while it awaited the protocol: the asyncio of
        MicroPython has then forgotten the other task, too. Of a frame that is sent in part the rest
        is copied, since its owner may change it from now on. Twin: protocol_register"""
        if self._transport.inside:
            raise RuntimeError('busy')
        if self._transport.requeue() and isinstance(self._pending, (bytearray, memoryview)):
            self._pending = bytes(self._pending)


def _check_opcode(opcode, length):
    """ValueError unless a frame of so many bytes may have this opcode, flags included."""
    kind = opcode & ~0xC0
    if kind > _BINARY or kind < 0:
        if not _CLOSE <= opcode <= _PONG:
            raise ValueError('opcode %d is reserved, or may not have flags' % opcode)
        if length > _CONTROL_MAX:
            raise ValueError('a control frame carries at most 125 bytes')
