"""What a message takes on its way through a server:  message_cases.main(IMPL)

IMPL: what it must be, as echo.py has it, or `stream` for no server at all. Prints a line for
each message and direction: opcode, size, `receive` or `send`, and for each time a pair: cycles,
bytes taken of the heap. The cycles of the memory stream, in the place of a network, are not among
them. Nothing is collected meanwhile.
"""

import asyncio
import gc
import io
import sys

from cycles import now
from microdot import Microdot
from microdot.microdot import Request
from microdot.websocket import WebSocket

MASK = 0x3FFFFFFF  # of now()
TEXT, BINARY = 1, 2
MESSAGES = (TEXT, 16), (TEXT, 125), (BINARY, 1024), (BINARY, 8192)
TIMES = 7
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
    """What asyncio.Stream polls, reads and writes, with everything there at once. It counts the
    cycles spent in here."""

    def __init__(self):
        self.cycles = 0
        self.sent = bytearray(8192 + 10)
        self.sent_size = 0
        self.feed(REQUEST)

    def feed(self, data):
        self.incoming = memoryview(data)
        self.at = 0

    def ioctl(self, request, flags):
        return flags & 5 if request == 3 else 0  # MP_STREAM_POLL: readable, writable

    def readinto(self, buf):
        start = now()
        at = self.at
        n = min(len(buf), len(self.incoming) - at)
        if n == len(buf):
            buf[:] = self.incoming[at : at + n]
        else:
            buf[:n] = self.incoming[at : at + n]
        self.at = at + n
        self.cycles += now() - start & MASK
        return n

    def read(self, n):
        start = now()
        at = self.at
        data = bytes(self.incoming[at : at + n])
        self.at = at + len(data)
        self.cycles += now() - start & MASK
        return data

    def readline(self):
        line = bytes(self.incoming[self.at :]).split(b'\n')[0] + b'\n'
        self.at += len(line)
        return line

    def write(self, data):
        start = now()
        at = self.sent_size
        n = len(data)
        self.sent[at : at + n] = data
        self.sent_size = at + n
        self.cycles += now() - start & MASK
        return n


def frame(opcode, payload, key=b''):
    n = len(payload)
    masked = 0x80 if key else 0
    head = bytes([n | masked]) if n < 126 else bytes([126 | masked]) + n.to_bytes(2, 'big')
    if key:
        payload = bytes(b ^ key[i & 3] for i, b in enumerate(payload))
    return bytes([0x80 | opcode]) + head + key + payload


class Bare:
    """No WebSocket, only the stream: what asyncio takes in any case."""

    def __init__(self, stream, reply):
        self.stream = stream
        self.reply = reply
        self.buf = bytearray(len(reply) + 4)

    async def receive(self):
        return await self.stream.readinto(self.buf)

    async def send(self, message):
        self.stream.write(self.reply)


class Count:
    """Cycles and heap between here and there, less what the memory stream takes."""

    def __init__(self, wire):
        self.wire = wire
        gc.collect()
        gc.disable()
        wire.cycles = 0
        self.heap = gc.mem_alloc()
        self.start = now()

    def end(self):
        cycles = now() - self.start & MASK
        heap = gc.mem_alloc() - self.heap
        gc.enable()
        return cycles - self.wire.cycles, heap


async def echo(ws, wire, request, reply):
    """The counts of one message on its way in, and of the same on its way out."""
    wire.feed(request)
    count = Count(wire)
    message = await ws.receive()
    received = count.end()
    wire.sent_size = 0
    count = Count(wire)
    await ws.send(message)
    sent = count.end()
    if wire.sent_size != len(reply) or memoryview(wire.sent)[: len(reply)] != reply:
        raise ValueError('the message came back changed')
    return received, sent


async def open_websocket(stream):
    request = await Request.create(Microdot(), stream, stream, ('memory', 0))
    ws = WebSocket(request)
    await ws.handshake()
    return ws


async def count_messages(impl):
    wire = Wire()
    stream = asyncio.StreamReader(wire, {})
    ws = None if impl == 'stream' else await open_websocket(stream)
    for opcode, size in MESSAGES:
        payload = (b'Plain text, 16 B' * (size // 16 + 1))[:size]
        frames = frame(opcode, payload, KEY), frame(opcode, payload)
        counts = []
        here = ws or Bare(stream, frames[1])
        for _ in range(TIMES):
            counts.append(await echo(here, wire, *frames))
        for i, direction in enumerate(('receive', 'send')):
            print(opcode, size, direction, *[pair[i] for pair in counts])


def main(impl):
    package = sys.modules.get('microdot_websocket')
    runs = package.codec.IMPL if package else 'microdot'
    if impl not in (runs, 'stream'):
        raise ValueError('this is %s' % runs)
    asyncio.run(count_messages(impl))
