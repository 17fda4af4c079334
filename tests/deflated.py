"""DEFLATE data (RFC 1951), made bit by bit: what an encoder would write, and what none would.
Nothing here is shared with the code under test."""

import io
import sys

from frames import frame, pattern


class Deflated:
    """Data that grows: ``Deflated().stored(b'ab').fixed(b'c', (3, 1))``.

    `message()`: as it stands in a message of RFC 7692, without the last four bytes.
    """

    def __init__(self):
        self.data = bytearray()
        self.bits = 0  # of the last byte, that are used

    def _put(self, value, n):
        for i in range(n):
            if not self.bits:
                self.data.append(0)
            self.data[-1] |= (value >> i & 1) << self.bits
            self.bits = (self.bits + 1) & 7

    def _code(self, code, n):
        """A Huffman code, which begins with its highest bit."""
        for i in range(n - 1, -1, -1):
            self._put(code >> i & 1, 1)

    def block(self, kind, final=False):
        self._put(final | kind << 1, 3)
        return self

    def align(self):
        self.bits = 0
        return self

    def stored(self, data, final=False):
        """Blocks without compression."""
        for at in range(0, len(data) or 1, 65535):
            piece = data[at : at + 65535]
            self.block(0, final and at + 65535 >= len(data)).align()
            n = len(piece)
            self.data += n.to_bytes(2, 'little') + (n ^ 0xFFFF).to_bytes(2, 'little') + piece
        return self

    def fixed(self, *items, final=False):
        """A block with the fixed codes: bytes, and (length, distance) of repetitions."""
        self.block(1, final)
        for item in items:
            if isinstance(item, tuple):
                self._repeat(*item)
            else:
                for byte in item:
                    self._code(*((0x30 + byte, 8) if byte < 144 else (0x190 - 144 + byte, 9)))
        self._code(0, 7)
        return self

    def _repeat(self, length, distance):
        """Of 258 bytes, or any multiple; else from 3 to 10."""
        if length > 10:
            for _ in range(length // 258):
                self._code(0xC5, 8)  # 285
                self._distance(distance)
        else:
            self._code(length - 2, 7)
            self._distance(distance)

    def _distance(self, distance):
        distance -= 1
        if distance < 4:
            self._code(distance, 5)
            return
        extra = 0
        while distance >> extra > 3:
            extra += 1
        self._code(2 * extra + (distance >> extra), 5)
        self._put(distance & (1 << extra) - 1, extra)

    def message(self):
        return bytes(self.data) + (b'' if 0 < self.bits < 6 else b'\x00')  # three bits, all zero


def compressed(opcode, payload, **options):
    """A frame of a message that is said to be compressed."""
    return frame(opcode, payload, rsv=4, **options)


def bomb(size):
    """A message that becomes `size` bytes, less 257 at most; 1/200 as long."""
    return Deflated().fixed(b'x', ((size - 1) // 258 * 258, 1)).message()


def far(distance):
    """(message, what it becomes): its end is what stood `distance` bytes, 8 at least, before."""
    data = pattern(distance)
    return Deflated().stored(data).fixed((8, distance)).message(), data + data[:8]


def inflated(message, bits=15):
    """What a message becomes, with a window of that many bits and nothing else of this project."""
    data = message + b'\x00\x00\xff\xff\x03\x00'
    if sys.implementation.name == 'micropython':
        import deflate

        for small in range(9, bits):  # a board may have no memory for more than it needs
            try:
                return deflate.DeflateIO(io.BytesIO(data), deflate.RAW, small).read()
            except OSError:
                pass
        return deflate.DeflateIO(io.BytesIO(data), deflate.RAW, bits).read()
    import zlib

    stream = zlib.decompressobj(-bits)
    result = stream.decompress(data)
    assert stream.eof and not stream.unused_data
    return result
