"""DEFLATE for messages with CPython's zlib: what there is, and its contract, is said in
``features/deflate.py``.
"""

import zlib

if False:  # for type checkers alone
    from .._types import Buffer, Data


TAIL = b'\x00\x00\xff\xff\x03\x00'
STREAMS = 16
MIN_BITS = 9  # zlib has no raw windows of 8 bits

_PIECE = 512  # bytes that are inflated at once, at least
_MEMORY = 5  # zlib's memLevel: 16 KB, which a short message needs no more of


class Inflater:
    sure = True

    def __init__(self, data: bytes, few: int, bits: int) -> None:
        self.size = len(data)
        self._message = data + TAIL
        self._bits = bits
        self.rewind()

    def rewind(self) -> None:
        self._input = self._message
        self._streams = 0
        self._next_stream()

    def _next_stream(self) -> None:
        self._streams += 1
        if self._streams > STREAMS:
            raise ValueError('too many final blocks')
        self._stream = zlib.decompressobj(-self._bits)

    def readinto(self, buf: 'Buffer') -> int:
        view = memoryview(buf)
        n = 0
        while n < len(view):
            stream = self._stream
            try:
                piece = stream.decompress(self._input, len(view) - n)
            except zlib.error as exc:
                raise ValueError('bad compressed data') from exc
            self._input = stream.unconsumed_tail
            view[n : n + len(piece)] = piece
            n += len(piece)
            if stream.eof:
                if not stream.unused_data:
                    break
                self._input = stream.unused_data
                self._next_stream()
            elif not piece:
                raise ValueError('bad compressed data')
        return n


def inflate(data: bytes, bits: int, limit: int) -> bytearray:
    inflater = Inflater(data, bits, bits)
    result = bytearray(min(max(2 * inflater.size, _PIECE), limit) + 1)
    n = inflater.readinto(result)
    while n == len(result):
        if n > limit:
            raise OverflowError
        more = bytearray(min(n, limit + 1 - n))
        n += inflater.readinto(more)
        result += more
    del result[n:]
    return result


def decode(data: bytearray) -> str:
    return str(data, 'utf-8')


encode = str.encode


def deflate(payload: 'Data', bits: int, level: int) -> 'bytes | None':
    if isinstance(payload, str):
        payload = payload.encode()
    while bits > MIN_BITS and 1 << (bits - 1) >= len(payload):
        bits -= 1  # a smaller window holds all of it
    stream = zlib.compressobj(level, zlib.DEFLATED, -bits, _MEMORY)
    data = stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH)
    return data[:-4] if len(data) - 4 < len(payload) else None
