"""Counts cycles of an RP2040 and bytes of its heap, and what the counting takes by itself."""

import gc

import _wsbench
from cycles import MASK, now
from uctypes import addressof
from wire import Wire

TRIES = 3


class Filler:
    """Takes all room before the largest free part of the heap. For what an allocation takes depends
    on how far it has to look for room, and that on all that was done before."""

    def __init__(self):
        self.blocks = None
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
            block = (self.blocks,)  # one block of the heap; the next search begins behind it
            if id(block) >= self.rest:
                return
            self.blocks = block


class Count:
    """Cycles and heap between here and there, less what the memory stream takes."""

    def __init__(self, wire, filler):
        self.wire = wire
        filler.fill()
        gc.disable()
        wire.count_anew()
        self.heap = gc.mem_alloc()
        self.start = now()

    def end(self):
        """(cycles, heap, and how often the stream was read, written and polled)"""
        cycles = now() - self.start & MASK
        heap = gc.mem_alloc() - self.heap
        gc.enable()
        wire = self.wire
        cycles -= wire.cycles
        return cycles, heap - wire.heap, wire.reads, wire.writes, wire.polls + wire.polled


class Nothing:
    """A WebSocket that has only the methods."""

    async def receive(self):
        pass

    async def send(self, message):
        pass


class Floor:
    """What the bench takes by itself, each as (cycles, heap): `receive` and `send`, the Count and
    an empty coroutine; `read`, `write` and `poll`, a call of the Wire beyond what that counts.

    `by_c`: whether it is C that reads and writes; asyncio always polls from there.
    """

    def __init__(self, filler, by_c):
        self.filler = filler
        self.wire = wire = Wire(False)
        self.buf = buf = bytearray(16)
        wire.expect(buf, b'')
        polled = self.of(_wsbench.stream, wire, buf, ord('p'))
        by_itself = self.of(_wsbench.stream, wire, buf, 0)
        self.poll = less(polled, by_itself)
        if by_c:
            self.read = less(self.of(_wsbench.stream, wire, buf, ord('r')), by_itself)
            self.write = less(self.of(_wsbench.stream, wire, buf, ord('w')), by_itself)
        else:
            by_itself = self.of()
            self.read = less(self.of(wire.readinto, buf), by_itself)
            self.write = less(self.of(wire.write, buf), by_itself)

    def of(self, *call):
        """The least counts of a call, of several: the USB's interrupts come when they will."""
        return min([self.once(*call) for _ in range(TRIES)])

    def once(self, f=None, a=None, b=None, c=None):
        """The counts of a call; None: of nothing."""
        self.wire.begin()
        count = Count(self.wire, self.filler)
        if c is not None:
            f(a, b, c)
        elif f:
            f(a)
        return count.end()

    async def coroutines(self):
        ws = Nothing()
        received, sent = [], []
        for _ in range(TRIES):
            count = Count(self.wire, self.filler)
            message = await ws.receive()
            received.append(count.end())
            count = Count(self.wire, self.filler)
            await ws.send(message)
            sent.append(count.end())
        self.receive, self.send = min(received)[:2], min(sent)[:2]

    def less_this(self, counts, direction):
        """(cycles, heap) of a message, without those of the bench."""
        net = less(counts, getattr(self, direction))
        for n, call in zip(counts[2:], (self.read, self.write, self.poll)):
            for _ in range(n):
                net = less(net, call)
        return net


def less(a, b):
    """(cycles, heap)"""
    return a[0] - b[0], a[1] - b[1]
