"""What a message takes on its way through a server:  message_cases.main(IMPL)

IMPL: what it must be, as probed_echo.py has it; `waiting` for `native` where each message comes
only once it is waited for; or `stream` for no server at all. Prints a line for each message and
direction: opcode, size, `receive` or `send`, and for each time: cycles, bytes taken of the heap,
and both once more without what the bench takes by itself. That is in the lines before, beginning
with `floor`. What the stream takes that stands for a network is in neither. Nothing is collected
meanwhile.
"""

import asyncio
import sys

from counting import Count, Filler, Floor
from microdot import Microdot
from microdot.microdot import Request
from microdot.websocket import WebSocket
from wire import BINARY, KEY, TEXT, Wire, write_frame

MESSAGES = (TEXT, 16), (TEXT, 125), (BINARY, 1024), (BINARY, 8192)
LARGEST = 8192
TIMES = 2


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


async def echo(ws, wire, filler):
    """The counts of one message on its way in, and of the same on its way out."""
    wire.begin()
    count = Count(wire, filler)
    message = await ws.receive()
    received = count.end()
    count = Count(wire, filler)
    await ws.send(message)
    sent = count.end()
    if not wire.is_done():
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
    floor = Floor(filler, by_c=impl in ('native', 'waiting'))
    await floor.coroutines()
    for name in 'receive', 'send', 'read', 'write', 'poll':
        print('floor', name, *getattr(floor, name))
    for opcode, size in MESSAGES:
        wire.expect(write_frame(request, opcode, size, KEY), write_frame(reply, opcode, size))
        here = ws or Bare(stream, wire)
        await echo(here, wire, filler)  # it may import something
        counts = []
        for _ in range(TIMES):
            counts.append(await echo(here, wire, filler))
        for i, direction in enumerate(('receive', 'send')):
            each = [pair[i] for pair in counts]
            print(opcode, size, direction, *[c[:2] + floor.less_this(c, direction) for c in each])


def main(impl):
    runs = 'microdot'
    if 'microdot_websocket' in sys.modules:
        from microdot_websocket.codec import IMPL as runs
    if impl not in (runs, 'stream') and (impl, runs) != ('waiting', 'native'):
        raise ValueError('this is %s' % runs)
    asyncio.run(count_messages(impl))
