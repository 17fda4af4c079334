"""Whether bytes are UTF-8, as they arrive (RFC 6455, section 8.1)."""

import sys

_BUFFERS = bytes, bytearray, memoryview


if sys.implementation.name == 'cpython':

    def _valid_until(buf, start, end):
        # CPython's decoder says where it stopped.
        try:
            str(memoryview(buf)[start:end], 'utf-8')
        except UnicodeDecodeError as exc:
            return start + exc.start
        return end

else:
    # MicroPython's decoder is not strict.
    _TOP_BITS = int.from_bytes(b'\x80' * 64, 'little')

    def _valid_until(buf, start, end):
        # Pass over ASCII, 64 bytes at a time.
        while start < end:
            stop = min(start + 64, end)
            if int.from_bytes(buf[start:stop], 'little') & _TOP_BITS:
                return start
            start = stop
        return end


# After the lead bytes E0, ED, F0 and F4 (states 4 to 7) the next byte has a narrower range than
# 80..BF (RFC 3629, section 4): these are its bounds.
_LOW = b'\xa0\x80\x90\x80'
_HIGH = b'\xbf\x9f\xbf\x8f'


def _utf8_lead(b):
    """The state after a lead byte, -1 if it is none. Twin: utf8_lead in ws_core.c"""
    if b < 0xC2 or b > 0xF4:
        return -1
    if b < 0xE0:
        return 1
    if b < 0xF0:
        return 4 if b == 0xE0 else 5 if b == 0xED else 2
    return 6 if b == 0xF0 else 7 if b == 0xF4 else 3


def utf8(buf, start, end, state):
    """Continue to check UTF-8 (RFC 3629) over ``buf[start:end]``: bytes, bytearray or memoryview.

    ``state`` is 0 at the start of the text, then what the last call returned. Returns the new
    state: 0 between two characters, 1 to 7 inside one, -1 at the first byte that no valid text
    has there. ValueError: a bad range or state. TypeError: no buffer of bytes, or no int.
    Twin: utf8 in mod_wscodec.c
    """
    if not isinstance(buf, _BUFFERS):
        raise TypeError('buffer')
    # `|` raises TypeError for whatever is not an int, and is negative if one of the two is.
    if (start | end) < 0 or start > end or end > len(buf):
        raise ValueError('range')
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
