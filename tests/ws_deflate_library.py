"""ws_deflate.c through ctypes, given memory at the edge of a page that cannot be read."""

import ctypes

from ws_core_library import NATMOD, Guarded, compiled

MORE, END, BAD, STREAMED = range(4)  # what ws_inflate() returns
TABLE, SLACK = 256, 40
COUNT = 0x3FFFFFFF
LINEAR = 0xFFFFFFFF  # a mask: out is the whole message


class State(ctypes.Structure):
    """ws_inflate_t"""

    _fields_ = [
        ('data', ctypes.c_void_p),
        *[
            (name, ctypes.c_uint32)
            for name in 'len window pos bits n out begin left distance'.split()
        ],
        *[(name, ctypes.c_uint8) for name in 'block final streams result'.split()],
        ('lengths', ctypes.c_uint16 * 16),
        ('symbols', ctypes.c_uint16 * 288),
        ('distance_lengths', ctypes.c_uint16 * 16),
        ('distance_symbols', ctypes.c_uint16 * 32),
        ('fast', ctypes.c_uint16 * 256),
    ]


class Library:
    """Its functions, for bytes."""

    def __init__(self, folder):
        lib = compiled(folder, 'ws_deflate', NATMOD / 'ws_deflate.c')
        pointer, number = ctypes.c_void_p, ctypes.c_uint32
        lib.ws_deflate.argtypes = pointer, pointer, number, number, pointer
        lib.ws_deflate.restype = number
        lib.ws_inflate_begin.argtypes = ctypes.POINTER(State), pointer, number, number
        lib.ws_inflate_begin.restype = None
        lib.ws_inflate.argtypes = ctypes.POINTER(State), pointer, number, number
        self.lib = lib
        self.source, self.target = Guarded(32), Guarded(64)
        self.table = (ctypes.c_uint16 * TABLE)()

    def deflate(self, data, bits=15):
        """The message; None if it would not be shorter."""
        source = self.source.place(data)
        room = len(data) + SLACK
        n = self.lib.ws_deflate(
            self.table, source, len(data), 1 << bits, self.target.place(bytes(room))
        )
        assert n < max(len(data), 1)
        return self.target.read(room)[:n] if n else None

    def begin(self, message, bits=15):
        state = State()
        data = self.source.place(message)
        self.lib.ws_inflate_begin(ctypes.byref(state), data, len(message), 1 << bits)
        return state

    def count(self, message, bits=15, most=COUNT):
        """(bytes that it becomes, result)"""
        state = self.begin(message, bits)
        result = self.lib.ws_inflate(ctypes.byref(state), None, 0, most)
        return state.out, result

    def inflate(self, message, size, bits=15):
        """(what it becomes, `size` bytes at most, result)"""
        state = self.begin(message, bits)
        target = self.target.place(bytes(size))
        result = self.lib.ws_inflate(ctypes.byref(state), target, LINEAR, size)
        return self.target.read(size)[: state.out], result

    def in_pieces(self, message, piece, bits=15):
        """The same through a ring as long as the window, in pieces no longer than that."""
        state = self.begin(message, bits)
        ring = (ctypes.c_uint8 * (1 << bits))()
        data = b''
        result = MORE
        while result == MORE:
            done = state.out
            result = self.lib.ws_inflate(ctypes.byref(state), ring, (1 << bits) - 1, done + piece)
            data += bytes(ring[i & (1 << bits) - 1] for i in range(done, state.out))
        return data, result
