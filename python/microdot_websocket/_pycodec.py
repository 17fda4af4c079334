"""The codec in Python: the twin of natmod/mod_wscodec.c and ws_core.c, under one contract.

Used where no natmod fits the machine. Buffers are bytes, bytearray or memoryviews of them (other
buffers are outside the contract); start and end are indexes into them, in bytes. Each function
checks what its C twin checks, in the same order, and raises the same exception types.
"""

import sys

#: Compared with the natmod's by codec.py; WS_ABI in natmod/ws_core.h.
ABI = 2

_STRICT = sys.implementation.name == 'cpython'  # its decoder is, MicroPython's is not
_BUFFERS = bytes, bytearray, memoryview
_LENGTH_MAX = 0x3FFFFFFF  # WS_LENGTH_MAX in ws_core.h


def _check_buffer(buf, writable):
    """Twin of get_buffer in mod_wscodec.c."""
    if not isinstance(buf, _BUFFERS):
        raise TypeError('buffer')
    if writable:
        if isinstance(buf, bytes):
            raise TypeError('read-only')
        if isinstance(buf, memoryview):
            buf[0:0] = b''  # raises TypeError if what it shows is read-only


def _check_range(buf, start, end, writable):
    """Twin of get_range in mod_wscodec.c."""
    _check_buffer(buf, writable)
    # `|` raises TypeError for whatever is not an int, and is negative if one of the two is.
    if (start | end) < 0 or start > end or end > len(buf):
        raise ValueError('range')


def _check_key(key, writable):
    """Twin of get_key in mod_wscodec.c."""
    _check_buffer(key, writable)
    if len(key) != 4:
        raise ValueError('key')


def parse_header(buf, start, end, hdr):
    """Decode a frame header (RFC 6455, section 5.2) from ``buf[start:end]``.

    Returns its size in bytes, 2 to 14, or 0 while it is incomplete. ``hdr``, the caller's list
    ``[0, 0, 0, bytearray(4)]``, receives the first byte, masked (0 or 1), the payload's length in
    bytes and the mask key (zeros if unmasked); it is untouched unless a size is returned.
    ValueError: a length over 0x3FFFFFFF, a bad range, a ``hdr`` of another form (or TypeError).
    Twin of parse_header in mod_wscodec.c, ws_parse_header in ws_core.c.
    """
    _check_range(buf, start, end, False)
    if type(hdr) is not list:
        raise TypeError('hdr')
    if len(hdr) != 4:
        raise ValueError('hdr')
    key = hdr[3]
    _check_key(key, True)
    if end - start < 2:
        return 0
    second = buf[start + 1]
    masked = second >> 7
    length = second & 0x7F
    key_at = start + (2 if length < 126 else 4 if length == 126 else 10)
    size = key_at - start + masked * 4
    if end - start < size:
        return 0
    if length >= 126:
        length = 0
        for i in range(start + 2, key_at):
            length = length << 8 | buf[i]
        if length > _LENGTH_MAX:
            raise ValueError('length')
    hdr[0] = buf[start]
    hdr[1] = masked
    hdr[2] = length
    for i in range(4):
        key[i] = buf[key_at + i] if masked else 0
    return size


def unmask(buf, start, end, key, phase):
    """XOR ``buf[start:end]`` in place with ``key`` (RFC 6455, section 5.3).

    ``buf[start]`` meets ``key[phase & 3]``. TypeError: a read-only or unsuitable buffer.
    ValueError: a bad range, a key that is not 4 bytes. Twin of unmask in mod_wscodec.c.
    """
    _check_range(buf, start, end, True)
    _check_key(key, False)
    phase &= 3
    key = bytes(key)
    _xor(buf, start, end, key[phase:] + key[:phase])


if _STRICT:
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

    def _valid_until(buf, start, end):
        # CPython's decoder says where it stopped.
        try:
            str(memoryview(buf)[start:end], 'utf-8')
        except UnicodeDecodeError as exc:
            return start + exc.start
        return end

else:
    # One int of this many bytes at a time: large enough to outweigh the interpreter, small enough
    # for the heap of a board, where an int of n bytes and its like take several times n.
    _CHUNK = 512
    _TOP_BITS = int.from_bytes(b'\x80' * 64, 'little')

    def _xor(buf, start, end, key):
        size = min(end - start, _CHUNK)
        mask = int.from_bytes((key * (size + 3 >> 2))[:size], 'little')
        while start < end:
            stop = min(start + size, end)
            if stop - start < size:  # the last piece: only here is the mask too long
                size = stop - start
                mask &= (1 << size * 8) - 1
            piece = int.from_bytes(buf[start:stop], 'little') ^ mask
            buf[start:stop] = piece.to_bytes(size, 'little')
            start = stop

    def _valid_until(buf, start, end):
        # Pass over ASCII, 64 bytes at a time.
        while start < end:
            stop = min(start + 64, end)
            if int.from_bytes(buf[start:stop], 'little') & _TOP_BITS:
                return start
            start = stop
        return end


def utf8(buf, start, end, state):
    """Continue to check UTF-8 (RFC 3629) over ``buf[start:end]``.

    ``state`` is 0 at the start of the text, then what the last call returned. Returns the new
    state: 0 between two characters, 1 to 7 inside one, -1 at the first byte that no valid text
    has there. ValueError: a bad range or state. Twin of utf8 in mod_wscodec.c.
    """
    _check_range(buf, start, end, False)
    if (state | 0) < 0 or state > 7:
        raise ValueError('state')
    while start < end:
        if state == 0:
            start = _valid_until(buf, start, end)
        stop = min(start + 64, end)
        for b in buf[start:stop]:
            if state == 0:
                if b >= 0x80:
                    state = _utf8_lead(b)
                    if state < 0:
                        return -1
            elif state > 3:
                if b < _LOW[state - 4] or b > _HIGH[state - 4]:
                    return -1
                state = 2 if state > 5 else 1
            elif b & 0xC0 == 0x80:
                state -= 1
            else:
                return -1
        start = stop
    return state


def extract(buf, start, end, key, text):
    """Unmask ``buf[start:end]`` in place, and return it: bytes, or str if ``text`` is true.

    None: it was to be str, and is not UTF-8. TypeError: a read-only or unsuitable buffer.
    ValueError: a bad range, a key that is not 4 bytes. Twin of extract in mod_wscodec.c.
    """
    unmask(buf, start, end, key, 0)
    if not text:
        return bytes(memoryview(buf)[start:end])
    if not _STRICT and utf8(buf, start, end, 0):
        return None
    try:
        return str(memoryview(buf)[start:end], 'utf-8')
    except ValueError:
        return None


def freeze(buf, size, text):
    """The first ``size`` bytes of a bytearray, as bytes, or as str if ``text`` is true: they must
    be UTF-8 then. ``buf``, which is longer, must not be used any more: in C it becomes the result.

    TypeError: ``buf`` is no bytearray. ValueError: ``size`` is negative or not less than its
    length. Twin of freeze in mod_wscodec.c.
    """
    if type(buf) is not bytearray:
        raise TypeError('buffer')
    if (size | 0) < 0 or size >= len(buf):
        raise ValueError('range')
    view = memoryview(buf)[:size]
    return str(view, 'utf-8') if text else bytes(view)


# After the lead bytes E0, ED, F0 and F4 (states 4 to 7) the next byte has a narrower range than
# 80..BF (RFC 3629, section 4): these are its bounds.
_LOW = b'\xa0\x80\x90\x80'
_HIGH = b'\xbf\x9f\xbf\x8f'


def _utf8_lead(b):
    """The state after a lead byte, -1 if it is none. Twin of utf8_lead in ws_core.c."""
    if b < 0xC2 or b > 0xF4:
        return -1
    if b < 0xE0:
        return 1
    if b < 0xF0:
        return 4 if b == 0xE0 else 5 if b == 0xED else 2
    return 6 if b == 0xF0 else 7 if b == 0xF4 else 3
