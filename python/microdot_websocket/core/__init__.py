"""RFC 6455 in Python, without Microdot: the protocol of one connection (``twin``, of the natmod's
type ``Protocol``), what it is made of, and the numbers (``frames``).

Here is what is done to each byte of a payload: unmasking (section 5.3), which masking is the same
as, and the check of UTF-8 (section 8.1). The twin of natmod/ws_core.c. (It stands here since each
module takes some 250 bytes on a board.)
"""

import sys

if False:  # for type checkers alone
    from .._types import Buffer, Bytes


try:
    from micropython import const
except ImportError:  # CPython
    const = int

# One int of this many bytes at a time: large enough to outweigh the interpreter, small enough for
# the heap of a board, where an int of n bytes and its like take several times n.
_PIECE = const(512)
_ASCII = const(64)  # the same, where nothing but the highest bit of each byte counts

_TOP_BITS = int.from_bytes(b'\x80' * _ASCII, 'little')


def unmask(buf: 'Buffer', start: int, end: int, key: bytes, phase: int) -> None:
    """XOR ``buf[start:end]`` in place with ``key``; ``buf[start]`` meets ``key[phase & 3]``.

    :param buf: a bytearray, or a writable memoryview of bytes.
    :param key: 4 bytes.

    Twin: ws_unmask
    """
    phase &= 3
    size = min(end - start, _PIECE)
    key = key[phase:] + key[:phase]
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


def unmasked(buf: 'Buffer', start: int, end: int, key: bytes) -> 'bytes | memoryview':
    """``buf[start:end]`` without its mask, bytes or a memoryview; ``buf`` may have changed."""
    unmask(buf, start, end, key, 0)
    return memoryview(buf)[start:end]


def valid_until(buf: 'Bytes', start: int, end: int) -> int:
    """Up to where ``buf[start:end]`` is valid at a glance: here, up to the first bytes that are not
    all ASCII."""
    while start < end:
        stop = min(start + _ASCII, end)
        if int.from_bytes(buf[start:stop], 'little') & _TOP_BITS:
            break
        start = stop
    return start


if sys.implementation.name == 'cpython':
    from ..cpython.payload import unmask, unmasked, valid_until  # noqa: F401, F811


def utf8(buf: 'Bytes', start: int, end: int, state: int) -> int:
    """Continue to check UTF-8 (RFC 3629) over ``buf[start:end]``: bytes, bytearray or memoryview.

    ``state`` is 0 at the start of the text, then what the last call returned. Returns the new
    state: 0 between two characters, 1 to 7 inside one, -1 at the first byte that no valid text
    has there. ValueError: a bad range or state. TypeError: no buffer of bytes, or no int.
    Twin: ws_utf8, and utf8 in mod_wscodec.c
    """
    if not isinstance(buf, (bytes, bytearray, memoryview)):
        raise TypeError('buffer')
    # `|` raises TypeError for whatever is not an int, and is negative if one of them is.
    if (start | end | state) < 0 or start > end or end > len(buf) or state > 7:
        raise ValueError('range')
    while start < end:
        if state == 0:
            start = valid_until(buf, start, end)
        stop = min(start + _ASCII, end)
        for b in buf[start:stop]:
            if state == 0:
                if b < 0x80:
                    continue
                # A lead byte: how many more there are to come; 4 to 7 after E0, ED, F0 and F4.
                if b < 0xC2 or b > 0xF4:
                    return -1
                if b < 0xE0:
                    state = 1
                elif b < 0xF0:
                    state = 4 if b == 0xE0 else 5 if b == 0xED else 2
                else:
                    state = 6 if b == 0xF0 else 7 if b == 0xF4 else 3
            elif state > 3:
                # The next byte has a narrower range than 80..BF (RFC 3629, section 4).
                state -= 4
                if b < b'\xa0\x80\x90\x80'[state] or b > b'\xbf\x9f\xbf\x8f'[state]:
                    return -1
                state = 2 if state > 1 else 1
            elif b & 0xC0 == 0x80:
                state -= 1
            else:
                return -1
        start = stop
    return state
