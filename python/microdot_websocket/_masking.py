"""A client's stream: its frames are masked. Imported with ``client.py``."""

import os
import sys

from .codec import unmask
from .protocol import CLOSE, write_header
from .stream import SocketStream

if sys.implementation.name == 'cpython':
    _SMALL = -1  # its transports keep what they are given
    _utf8_of = str.encode
else:
    # Payloads up to this are masked in the buffer that all connections share; it has room for 1034
    # bytes, and a masked header has 14.
    _SMALL = 1020
    _utf8_of = memoryview  # not a copy


class MaskingStream(SocketStream):
    """The interface is described in ``stream.py``. Its frames are masked (RFC 6455, section 5.3),
    each with a key of its own, and ``abort()`` closes the socket too: a client has no Microdot that
    would.

    Of a long payload it makes a copy, so that the sender's memory is left as it is.
    """

    def __init__(self, reader, writer):
        super().__init__(reader, writer)
        self._close = writer.close  # until it has been done
        if hasattr(writer, 's'):
            self._close = writer.s.close  # MicroPython, whose writer.close() does nothing

    def write_frame(self, opcode, payload):
        if self._unsent and opcode != CLOSE:
            return None
        if isinstance(payload, str):
            payload = _utf8_of(payload)
        length = len(payload)
        small = length <= _SMALL
        frame = self._scratch if small else memoryview(bytearray(14 + length))
        size = write_header(frame, opcode, length) + 4
        end = size + length
        key = os.urandom(4)
        frame[1] |= 0x80
        frame[size - 4 : size] = key
        frame[size:end] = payload
        unmask(frame, size, end, key, 0)
        waits = self.write(frame[:end])
        if waits and small:
            self._unsent[-1] = bytes(self._unsent[-1])  # the scratch buffer has other users
        return waits

    def abort(self):
        if self._close:  # once: CPython's TLS transport fails when it is asked again
            super().abort()
            self._close()
            self._close = None
