"""ws_protocol.c through ctypes, for the owner in protocol_owner.py: what has arrived, the message
and the room for it end where a page ends that cannot be left."""

import ctypes

from frames import CLOSE
from protocol_owner import ROOMY
from ws_core_library import NATMOD, PAGE, Guarded, Header, compiled, declared


class State(ctypes.Structure):
    """ws_protocol_t, and the functions for it."""

    _fields_ = [
        ('buf', ctypes.c_void_p),
        ('start', ctypes.c_uint32),
        ('end', ctypes.c_uint32),
        ('msg', ctypes.c_void_p),
        ('room', ctypes.c_uint32),
        ('size', ctypes.c_uint32),
        ('total', ctypes.c_uint32),
        ('left', ctypes.c_uint32),
        ('arrived', ctypes.c_uint32),
        ('limit', ctypes.c_uint32),
        ('compressed_limit', ctypes.c_uint32),
        ('max_fragments', ctypes.c_uint32),
        ('fragments', ctypes.c_uint32),
        ('frames', ctypes.c_uint32),
        ('data', ctypes.c_void_p),
        ('hdr', Header),
        ('close_code', ctypes.c_uint16),
        ('data_len', ctypes.c_uint8),
        ('options', ctypes.c_uint8),
        ('next_sink', ctypes.c_uint8),
        ('sink', ctypes.c_uint8),
        ('opcode', ctypes.c_uint8),
        ('hold', ctypes.c_uint8),
        ('in_message', ctypes.c_uint8),
        ('in_frame', ctypes.c_uint8),
        ('compressed', ctypes.c_uint8),
        ('utf8', ctypes.c_int8),
    ]

    def next(self):
        return self.core.lib.ws_next(self)

    def direct(self, least):
        return self.core.lib.ws_direct(self, least)

    def discard(self):
        return bool(self.core.lib.ws_discard(self))

    def put_arrived(self, data):
        """Let it have the data in new memory; `buf` of the struct."""
        return self.core.arrived.place(data)

    def put_message(self, data):
        return self.core.message.place(data)

    def get(self, memory, start, n):
        return ctypes.string_at(memory + start, n) if n else b''

    def write(self, memory, start, data):
        ctypes.memmove(memory + start, data, len(data))

    def taken_message(self):
        """The bytes of the message or the piece that next() has returned."""
        return self.get(self.msg, 0, self.size)

    def payload(self, event):
        """What came with a control frame."""
        data = self.get(self.data, 0, self.data_len)
        return (self.close_code, data) if event == CLOSE else data


def build(folder):
    """The library of ws_protocol.c and ws_core.c."""
    sources = NATMOD / 'ws_protocol.c', NATMOD / 'ws_core.c'
    move = NATMOD.parent / 'tests' / 'natmod' / 'ws_move.c'
    lib = declared(compiled(folder, 'ws_protocol', *sources, move))
    assert ctypes.c_uint.in_dll(lib, 'ws_protocol_size').value == ctypes.sizeof(State)
    state = ctypes.POINTER(State)
    lib.ws_next.argtypes = lib.ws_discard.argtypes = [state]
    lib.ws_direct.argtypes = [state, ctypes.c_uint32]
    lib.ws_direct.restype = ctypes.c_uint32
    length = ctypes.POINTER(ctypes.c_uint32)
    lib.ws_error_code.argtypes = [ctypes.c_int]
    lib.ws_error_text.argtypes = [ctypes.c_int, length]
    lib.ws_error_text.restype = ctypes.c_void_p
    lib.ws_is_close_code.argtypes = [ctypes.c_uint]
    lib.ws_write_header.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint32]
    return lib


class Core:
    """The library with memory for one connection at a time."""

    def __init__(self, folder):
        self.lib = build(folder)
        self.arrived = Guarded(pages=64)
        self.message = Guarded(pages=ROOMY // PAGE + 1)

    def state(self, client, rsv1, **fields):
        """A new connection's."""
        state = State(options=client | rsv1 << 1, **fields)
        state.core = self
        return state
