"""A stream in memory that stands for a network, and the frames that come and go on it."""

import gc
import io

from cycles import MASK, now

TEXT, BINARY = 1, 2
TEXT_PIECE = b'Plain text, 16 B'
KEY = b'\x37\xfa\x21\x3d'
REQUEST = b"""GET / HTTP/1.1\r
Host: board.example\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
Sec-WebSocket-Version: 13\r
\r
"""


class Wire(io.IOBase):
    """What asyncio.Stream polls, reads and writes, and what C reads and writes too. It counts the
    cycles spent and the memory taken in here, and how often it is called.

    `late`: whether there is nothing to be read but after it was polled; else all is there at once.
    """

    def __init__(self, late):
        self.late = late
        self.count_anew()
        self.expect(REQUEST, b'')

    def count_anew(self):
        self.cycles = self.heap = self.reads = self.writes = self.polls = self.polled = 0

    def expect(self, incoming, outgoing):
        """What is to be read, and written; `b''` stands for anything."""
        self.incoming = memoryview(incoming)
        self.outgoing = memoryview(outgoing)
        self.begin()

    def begin(self):
        """All is to come once more."""
        self.at = self.sent = 0

    def is_done(self):
        return self.at == len(self.incoming) and self.sent == len(self.outgoing)

    def ioctl(self, request, flags):
        self.polled += 1
        return flags & 5 if request == 3 else 0  # MP_STREAM_POLL: readable, writable

    def readinto(self, buf):
        start, heap = now(), gc.mem_alloc()
        if self.late and not self.polled:
            n = None
        else:
            n = min(len(buf), len(self.incoming) - self.at)
            buf[:n] = self.incoming[self.at : self.at + n]
            self.at += n
        self.polls += self.polled
        self.polled = 0
        self.reads += 1
        self.leave(start, heap)
        return n

    def read(self, n):
        start, heap = now(), gc.mem_alloc()
        part = self.incoming[self.at : self.at + n]
        self.at += len(part)
        self.reads += 1
        self.leave(start, heap)
        return bytes(part)  # which any socket would take too

    def readline(self, size=1 << 20):
        line = (bytes(self.incoming[self.at :]).split(b'\n')[0] + b'\n')[:size]
        self.at += len(line)
        return line

    def write(self, data):
        start, heap = now(), gc.mem_alloc()
        at = self.sent
        self.sent = at + len(data)
        if self.outgoing and data != self.outgoing[at : self.sent]:
            raise ValueError('the message came back changed')
        self.writes += 1
        self.leave(start, heap)
        return len(data)

    def leave(self, start, heap):
        self.heap += gc.mem_alloc() - heap
        self.cycles += now() - start & MASK


def write_frame(buf, opcode, size, key=None):
    """Write a frame to a buffer; the part of it that the frame takes."""
    masked = 0x80 if key else 0
    buf[0] = 0x80 | opcode
    at = 2
    if size < 126:
        buf[1] = masked | size
    else:
        buf[1] = masked | 126
        buf[2] = size >> 8
        buf[3] = size & 0xFF
        at = 4
    if key:
        buf[at : at + 4] = key
        at += 4
    for i in range(size):
        buf[at + i] = TEXT_PIECE[i & 15] ^ (key[i & 3] if key else 0)
    return memoryview(buf)[: at + size]
