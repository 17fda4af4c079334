"""What a message takes on its way through a server:  message_cases.main(IMPL)

IMPL: what it must be, as echo.py has it; `waiting` for `native` where each message comes only once
it is waited for; or `stream` for no server at all. Prints a line for each message and direction:
opcode, size, `receive` or `send`, and for each time a pair: cycles, bytes taken of the heap. What
the stream takes that stands for a network is not in them. Nothing is collected meanwhile.
"""

import asyncio
import gc
import io
import sys

from cycles import now
from microdot import Microdot
from microdot.microdot import Request
from microdot.websocket import WebSocket
from uctypes import addressof

MASK = 0x3FFFFFFF  # of now()
TEXT, BINARY = 1, 2
MESSAGES = (TEXT, 16), (TEXT, 125), (BINARY, 1024), (BINARY, 8192)
LARGEST = 8192
TIMES = 2
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
    """What asyncio.Stream polls, reads and writes. It counts the cycles spent and the memory taken
    in here.

    `late`: whether there is nothing to be read but after it was polled; else all is there at once.
    """

    def __init__(self, late):
        self.cycles = self.heap = 0
        self.late = late
        self.polled = False
        self.expect(REQUEST, b'')

    def expect(self, incoming, outgoing):
        """What is to be read, and written; `b''` stands for anything."""
        self.incoming = memoryview(incoming)
        self.outgoing = memoryview(outgoing)
        self.at = self.sent = 0

    def ioctl(self, request, flags):
        self.polled = True
        return flags & 5 if request == 3 else 0  # MP_STREAM_POLL: readable, writable

    def readinto(self, buf):
        start, heap = now(), gc.mem_alloc()
        if self.late and not self.polled:
            n = None
        else:
            n = min(len(buf), len(self.incoming) - self.at)
            buf[:n] = self.incoming[self.at : self.at + n]
            self.at += n
        self.polled = False
        self.leave(start, heap)
        return n

    def read(self, n):
        start, heap = now(), gc.mem_alloc()
        part = self.incoming[self.at : self.at + n]
        self.at += len(part)
        self.leave(start, heap)
        return bytes(part)  # which any socket would take too

    def readline(self):
        line = bytes(self.incoming[self.at :]).split(b'\n')[0] + b'\n'
        self.at += len(line)
        return line

    def write(self, data):
        start, heap = now(), gc.mem_alloc()
        at = self.sent
        self.sent = at + len(data)
        if self.outgoing and data != self.outgoing[at : self.sent]:
            raise ValueError('the message came back changed')
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


class Bare:
    """No WebSocket, only the stream: what asyncio takes in any case."""

    def __init__(self, stream, wire):
        self.stream = stream
        self.reply = wire.outgoing
        self.buf = bytearray(len(wire.incoming))

    async def receive(self):
        return await self.stream.readinto(self.buf)

    async def send(self, message):
        self.stream.write(self.reply)


class Filler:
    """Takes all room before the largest free part of the heap. For what an allocation takes depends
    on how far it has to look for room, and that on all that was done before."""

    def __init__(self):
        self.blocks = [None] * 3000
        self.n = 0
        gc.collect()
        self.rest = addressof(self.largest())

    def largest(self):
        size = gc.mem_free()
        while True:
            try:
                return bytearray(size)
            except MemoryError:
                size -= size >> 4

    def fill(self):
        gc.collect()
        while True:
            block = self.n + 0.5  # takes one block, and the next search begins behind it
            if id(block) >= self.rest:
                return
            self.blocks[self.n] = block
            self.n += 1


class Count:
    """Cycles and heap between here and there, less what the memory stream takes."""

    def __init__(self, wire, filler):
        self.wire = wire
        filler.fill()
        gc.disable()
        wire.cycles = wire.heap = 0
        self.heap = gc.mem_alloc()
        self.start = now()

    def end(self):
        cycles = now() - self.start & MASK
        heap = gc.mem_alloc() - self.heap
        gc.enable()
        return cycles - self.wire.cycles, heap - self.wire.heap


async def echo(ws, wire, filler):
    """The counts of one message on its way in, and of the same on its way out."""
    wire.at = wire.sent = 0
    count = Count(wire, filler)
    message = await ws.receive()
    received = count.end()
    count = Count(wire, filler)
    await ws.send(message)
    sent = count.end()
    if (wire.at, wire.sent) != (len(wire.incoming), len(wire.outgoing)):
        raise ValueError('that was not the whole message')
    return received, sent


async def open_websocket(stream):
    request = await Request.create(Microdot(), stream, stream, ('memory', 0))
    ws = WebSocket(request)
    await ws.handshake()
    return ws


async def count_messages(impl):
    wire = Wire(impl == 'waiting')
    stream = asyncio.StreamReader(wire, {})
    ws = None if impl == 'stream' else await open_websocket(stream)
    request, reply = bytearray(LARGEST + 8), bytearray(LARGEST + 4)
    filler = Filler()
    for opcode, size in MESSAGES:
        wire.expect(write_frame(request, opcode, size, KEY), write_frame(reply, opcode, size))
        here = ws or Bare(stream, wire)
        await echo(here, wire, filler)  # it may import something
        counts = []
        for _ in range(TIMES):
            counts.append(await echo(here, wire, filler))
        for i, direction in enumerate(('receive', 'send')):
            print(opcode, size, direction, *[pair[i] for pair in counts])


def main(impl):
    package = sys.modules.get('microdot_websocket')
    runs = package.codec.IMPL if package else 'microdot'
    if impl not in (runs, 'stream') and (impl, runs) != ('waiting', 'native'):
        raise ValueError('this is %s' % runs)
    asyncio.run(count_messages(impl))
