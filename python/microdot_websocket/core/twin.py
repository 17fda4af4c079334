"""The protocol (RFC 6455) of one connection in Python: the twin of the natmod's type ``Protocol``,
natmod/mod_wscodec.c, for where no natmod fits. Both keep one contract, which is stated here, in
receiving.py and in sending.py; tests/contract/ holds them to it.
"""

from ..transport.micropython import SocketTransport, Transport
from .frames import ERRORS
from .receiving import Receiving, Shared, number, spare  # noqa: F401

try:
    from micropython import const
except ImportError:  # CPython
    const = int

# Of frames.py, whose values these are.
_CLOSE = const(8)
_MORE = const(-1)
_END = const(-4)
_ERR_RSV = const(-10)
_BUFFER_MIN = const(139)
_BURST = const(32)
_OWN = const(0)


class Protocol(Receiving):
    """One connection, in either role. All arguments are positional.

    :param stream: a ``Transport``, or on MicroPython an object with its stream protocol; None:
                   there is no connection, but memory for the read buffer is there from now on.
    :param urandom: None for a server; for a client a function like ``os.urandom``, called with 4
                    for each frame that is sent, to mask it.
    :param buffer_size: bytes read at once at most; less than 139 counts as 139.
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
    bytes read up to now, modulo 2**30. ``locked``: 0 if nothing waits for flush(), else a number
    that changes when bytes go out. ``waiting``: 0 unless ``event`` is MORE, else a number that
    changes when a frame begins, and with each 1024 bytes that are read.
    ``sum``: bytes that messages which are not complete take in all connections. ``time``: a number
    that is the larger, the later this connection has read something. ``start``: 0, or a
    number that stays the same during one message; negative if that goes into a buffer.
    ``poll`` is set by whoever looks whether frames that have begun get on.
    """

    def __init__(self, stream, urandom, *numbers):
        if len(numbers) != 5:
            raise TypeError('7 arguments are needed')
        numbers = [number(n) for n in numbers]
        if min(numbers) < 0:
            raise ValueError('negative')
        numbers[0] = max(numbers[0], _BUFFER_MIN)
        if stream is None:
            stream = Transport()
        elif not hasattr(stream, 'wait'):
            stream = SocketTransport(stream)
        super().__init__(stream, urandom, *numbers)

    def __getattr__(self, name):
        # Properties would make each store to any attribute slow on MicroPython.
        event = self.event
        if name == 'data':
            if event <= _ERR_RSV:
                return ERRORS[event][1]
            data = self._data
            if event < _CLOSE:
                self._data = None  # a message: it would stay in memory
            return data
        if name == 'code':
            return ERRORS[event][0] if event in ERRORS else self._rules.close_code
        if name == 'opcode':
            return self._rules.opcode
        if name == 'compressed':
            return self._rules.compressed
        if name == 'waiting':
            if event != _MORE:
                return 0
            return 1 + (self._rules.frames + (self.count >> 10) & 0x1FFFFFFF)
        if name == 'sum':
            return Shared.held & 0x3FFFFFFF
        if name == 'start':
            rules = self._rules
            n = 1 + (rules.frames - rules.fragments & 0x1FFFFFFF) if rules.in_message else 0
            return n if rules.sink == _OWN else -n
        if name == 'locked':
            if not self._blocked:
                return 0
            return 1 + self._sent + self._cork_sent + self._transport.unsent
        raise AttributeError(name)

    def drain(self):
        """For an end that has sent its Close: drop what arrives, without checks. Twin:
        protocol_drain

        True: a Close has come, or the end. None: there is nothing, and the current task is queued
        to read, as by read(). False: another task is. OSError: as of read().
        """
        if self._transport.inside:
            raise RuntimeError('busy')
        rules = self._rules
        while True:
            found = self._aborted or self._last == _END or rules.discard()
            if rules.start == rules.end:
                self._release_buffer()
            if found:
                return True
            n = None
            if self._burst:
                self._burst -= 1
                n = self._read_once()
            if n == 0:
                self._end(_END)
            elif n is None:
                self._awaited = self._transport.wait(0)
                if self._awaited is None:
                    return False
                self._burst = _BURST
                self._unread = 255
                return None

    def schedule(self):
        """Let the task that is queued to read run next: its read() gives WOKEN. Without one it does
        nothing. Twin: protocol_schedule"""
        if self._transport.inside:
            raise RuntimeError('busy')
        if self._transport.wake():
            self._woken = self._halted = True

    def abort(self):
        """Let all tasks that are queued run next: read() gives END, write() and flush() raise
        OSError from now on. Buffers are given back. Needs no memory. Twin: protocol_abort"""
        self._aborted = True
        if not self._transport.inside:
            rules = self._rules
            self._release_buffer()
            rules.msg = rules.message = None
            rules.in_frame = rules.in_message = False
            rules.room = rules.size = rules.left = rules.arrived = 0
            self._hold(0)
            self._cork = self._pending = self._sink = None
            self._corked = self._cork_sent = 0
        self._blocked = False
        self._last = self._last or _END
        self._halted = True
        self._transport.abort()
