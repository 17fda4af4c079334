"""What CPython does faster in another way: see ``core/__init__.py``."""

if False:  # for type checkers alone
    from .._types import Buffer, Bytes


_SMALL = 256  # bytes, up to which one int is faster
_XOR = [bytes(i ^ k for i in range(256)) for k in range(256)]


def unmask(buf: 'Buffer', start: int, end: int, key: bytes, phase: int) -> None:
    # Each fourth byte meets the same byte of the key, and CPython translates bytes faster than it
    # makes ints of them.
    if type(buf) is bytearray:
        phase &= 3
        key = key[phase:] + key[:phase]
        for k in key[: end - start]:  # an empty slice would be resized, not assigned
            piece = slice(start, end, 4)
            buf[piece] = buf[piece].translate(_XOR[k])
            start += 1
    else:  # a memoryview, which has no translate()
        part = bytearray(buf[start:end])
        unmask(part, 0, end - start, key, phase)
        buf[start:end] = part


def unmasked(buf: 'Buffer', start: int, end: int, key: bytes) -> 'bytes | memoryview':
    size = end - start
    if size <= _SMALL:
        mask = int.from_bytes((key * (size + 3 >> 2))[:size], 'little')
        return (int.from_bytes(buf[start:end], 'little') ^ mask).to_bytes(size, 'little')
    unmask(buf, start, end, key, 0)
    return memoryview(buf)[start:end]


def valid_until(buf: 'Bytes', start: int, end: int) -> int:
    # The decoder says where it stopped, at ASCII or not.
    try:
        str(memoryview(buf)[start:end], 'utf-8')
    except UnicodeDecodeError as exc:
        return start + exc.start
    return end
