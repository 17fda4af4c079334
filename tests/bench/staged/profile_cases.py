"""One message on its way through a server, between marks for the profile of the emulated RP2040:
profile_cases.main(IMPL, OPCODE, SIZE)

IMPL: as in message_cases.py. The emulator's profiles have the tags RECEIVE and SEND. Prints where
the functions in Python lie and, if there is a natmod, where one of its functions does.
"""

import asyncio
import gc
import struct
import sys

import micropython
from counting import Filler
from message_cases import Bare, echo, open_websocket
from uctypes import bytes_at
from wire import KEY, Wire, write_frame

RECEIVE, SEND = 1, 2


@micropython.viper
def profile(tag: int):
    """Begin a profile; 0: end it."""
    ptr32(0x4007 << 16)[4] = tag


@micropython.viper
def leave_out(address: int):
    """Have profiles leave out a function in Python."""
    ptr32(0x4007 << 16)[5] = address


def methods(module):
    """(name, object) of all in a module, and in its classes."""
    for name in dir(module):
        value = getattr(module, name)
        yield name, value
        if isinstance(value, type):
            for method in dir(value):
                yield name + '.' + method, getattr(value, method, None)


def print_functions():
    kinds = type(methods), type(print_functions)
    for module in list(sys.modules):
        for name, value in methods(sys.modules[module]):
            if isinstance(value, kinds) and value.__globals__['__name__'] == module:
                print('function', id(value), module + ':' + name)
    natmod = sys.modules.get('_wscodec')
    if natmod:
        # The object of a function in C: its type, its arguments unless they are few, its code.
        words = struct.unpack('<3I', bytes_at(id(natmod.utf8), 12))
        code = (words[1] if words[1] >> 28 == 2 else words[2]) & ~1
        print('natmod', code, bytes_at(code, 32).hex())


async def run(impl, opcode, size):
    for method in Wire.read, Wire.readinto, Wire.write, Wire.ioctl:
        leave_out(id(method))
    wire = Wire(impl == 'waiting')
    stream = asyncio.StreamReader(wire, {})
    ws = None if impl == 'stream' else await open_websocket(stream)
    frames = bytearray(size + 8), bytearray(size + 4)
    wire.expect(write_frame(frames[0], opcode, size, KEY), write_frame(frames[1], opcode, size))
    ws = ws or Bare(stream, wire)
    filler = Filler()
    for _ in range(2):
        await echo(ws, wire, filler)
    wire.begin()
    filler.fill()
    gc.disable()
    profile(RECEIVE)
    message = await ws.receive()
    profile(0)
    profile(SEND)
    await ws.send(message)
    profile(0)
    gc.enable()


def main(impl, opcode, size):
    asyncio.run(run(impl, opcode, size))
    gc.collect()
    print_functions()
