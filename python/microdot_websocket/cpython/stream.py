"""``SocketStream`` over CPython's ``asyncio.StreamReader`` and ``StreamWriter``."""

import errno

from .._piece_reader import PieceReader
from ..protocol import CLOSE, write_header

# Bytes: a second system call, and waking the peer twice, costs more than copying them; beyond them
# the copy lies in new pages of memory, which costs more.
_SMALL = 1 << 16


class SocketStream(PieceReader):
    """The interface is described in ``microdot_websocket/stream.py``."""

    needs = 'transport'

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._transport = writer.transport
        # drain() then returns when everything has been sent: nothing piles up in memory.
        self._transport.set_write_buffer_limits(high=0)
        self._header = bytearray(10)
        self._flushes = 0  # how often a task has begun to wait for the transport
        self._flushing = False  # whether one waits

    @property
    def _unsent(self):
        return self._transport.get_write_buffer_size()

    def write_frame(self, opcode, payload):
        if self._unsent and opcode != CLOSE:
            return None
        if isinstance(payload, str):
            payload = payload.encode()
        elif not isinstance(payload, bytes):
            payload = bytes(payload)  # the transport may keep it, the sender may change it
        length = len(payload)
        header = bytes(self._header[: write_header(self._header, opcode, length)])
        if length <= _SMALL:
            self._writer.write(header + payload)
        else:
            self._writer.write(header)
            self._writer.write(payload)
        return self._unsent > 0

    def write(self, frame):
        if self._transport.is_closing():
            raise OSError(errno.ECONNABORTED, 'connection lost')
        self._writer.write(frame)
        return self._unsent > 0

    async def flush(self):
        self._flushes += 1
        self._flushing = True
        try:
            if self._unsent:  # else there is nothing to wait for
                await self._writer.drain()
        finally:
            self._flushing = False
        if self._transport.is_closing():  # drain() does not mind
            raise OSError(errno.ECONNABORTED, 'connection lost')

    @property
    def waiting(self):
        return self._flushing and (self._flushes, self._unsent)

    def end_reading(self):
        self._reader.set_exception(OSError(errno.ETIMEDOUT, 'nothing has come'))

    def abort(self):
        if self._unsent:
            self._transport.abort()
        else:
            self.end_reading()
