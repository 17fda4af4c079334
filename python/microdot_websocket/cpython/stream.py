"""``SocketStream`` over CPython's ``asyncio.StreamReader`` and ``StreamWriter``."""

import asyncio

from ..protocol import write_header

_SMALL = 16384  # a second system call costs more than copying this


class SocketStream:
    """The interface is described in ``microdot_websocket/stream.py``."""

    needs = 'transport'

    def __init__(self, reader, writer):
        self._read = reader.read
        self._writer = writer
        self._transport = writer.transport
        # drain() then returns when everything has been sent: nothing piles up in memory.
        self._transport.set_write_buffer_limits(high=0)
        self._header = bytearray(10)
        self._lock = asyncio.Lock()

    async def readinto(self, buf):
        data = await self._read(len(buf))
        n = len(data)
        buf[:n] = data
        return n

    def write_frame(self, opcode, payload):
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
        return self._transport.get_write_buffer_size() > 0

    async def flush(self):
        async with self._lock:  # before 3.10 only one task at a time may drain
            await self._writer.drain()

    def abandon(self):
        if self._transport.get_write_buffer_size():
            self._transport.abort()  # or wait_closed() would wait for a peer that does not read
