"""Masking (RFC 6455, section 5.3): each byte of a payload meets one of the key's four. Masking and
unmasking are the same."""

import sys

# The buffers here are a bytearray or a writable memoryview of bytes, the keys 4 bytes.

if sys.implementation.name == 'cpython':
    _SMALL = 256  # bytes, up to which one int is faster
    _XOR = [bytes(i ^ k for i in range(256)) for k in range(256)]

    def _xor(buf, start, end, key):
        # Each fourth byte meets the same byte of the key, and CPython translates bytes faster than
        # it makes ints of them.
        if type(buf) is bytearray:
            for k in key[: end - start]:  # an empty slice would be resized, not assigned
                buf[start:end:4] = buf[start:end:4].translate(_XOR[k])
                start += 1
        else:  # a memoryview, which has no translate()
            piece = bytearray(buf[start:end])
            _xor(piece, 0, end - start, key)
            buf[start:end] = piece

else:
    # One int of this many bytes at a time: large enough to outweigh the interpreter, small enough
    # for the heap of a board, where an int of n bytes and its like take several times n.
    _SMALL = 512

    def _xor(buf, start, end, key):
        size = min(end - start, _SMALL)
        mask = int.from_bytes((key * (size + 3 >> 2))[:size], 'little')
        view = memoryview(buf)
        while start < end:
            stop = min(start + size, end)
            if stop - start < size:  # the last piece: only here is the mask too long
                size = stop - start
                mask &= (1 << size * 8) - 1
            piece = view[start:stop]
            # All of it is assigned: behind a part MicroPython would move the rest onto itself.
            piece[:] = (int.from_bytes(piece, 'little') ^ mask).to_bytes(size, 'little')
            start = stop


def unmask(buf, start, end, key, phase):
    """XOR ``buf[start:end]`` in place with ``key``; ``buf[start]`` meets ``key[phase & 3]``.

    Twin: ws_unmask in ws_core.c
    """
    phase &= 3
    _xor(buf, start, end, key[phase:] + key[:phase])


def unmasked(buf, start, end, key):
    """``buf[start:end]`` without its mask, bytes or a memoryview; ``buf`` may have changed."""
    size = end - start
    if size <= _SMALL:
        mask = int.from_bytes((key * (size + 3 >> 2))[:size], 'little')
        return (int.from_bytes(buf[start:end], 'little') ^ mask).to_bytes(size, 'little')
    _xor(buf, start, end, key)
    return memoryview(buf)[start:end]
