"""The codec in MicroPython's viper, to compare with: as fast as that can be made without C.

It checks nothing: it is for buffers, ranges and keys that are right.
"""

import micropython


@micropython.viper
def parse_header(buf: ptr8, start: int, end: int, hdr) -> int:
    if end - start < 2:
        return 0
    second = buf[start + 1]
    masked = second >> 7
    length = second & 0x7F
    at = start + 2
    if length >= 126:
        at = start + (4 if length == 126 else 10)
        length = 0
    if end < at + masked * 4:
        return 0
    i = start + 2
    while i < at:
        if length > 0x3FFFFF:
            raise ValueError
        length = length << 8 | buf[i]
        i += 1
    hdr[0] = buf[start]
    hdr[1] = masked
    hdr[2] = length
    key = ptr8(hdr[3])
    for i in range(4):
        key[i] = buf[at + i] if masked else 0
    return at + masked * 4 - start


@micropython.viper
def unmask(buf, start: int, end: int, key, phase: int):
    data = ptr8(buf)
    k = ptr8(key)
    address = int(ptr8(buf))
    while start < end and (address + start) & 3:
        data[start] ^= k[phase & 3]
        start += 1
        phase += 1
    mask = (
        k[phase & 3] | k[(phase + 1) & 3] << 8 | k[(phase + 2) & 3] << 16 | k[(phase + 3) & 3] << 24
    )
    words = ptr32(address + start)
    n = (end - start) >> 2
    i = 0
    while i + 4 <= n:
        words[i] ^= mask
        words[i + 1] ^= mask
        words[i + 2] ^= mask
        words[i + 3] ^= mask
        i += 4
    while i < n:
        words[i] ^= mask
        i += 1
    start += n << 2
    while start < end:
        data[start] ^= k[phase & 3]
        start += 1
        phase += 1


@micropython.viper
def utf8(buf: ptr8, start: int, end: int, state: int) -> int:
    address = int(buf)
    high_bits = 0x8080
    high_bits |= high_bits << 16  # as a literal it would be an object
    while start < end:
        b = buf[start]
        if state == 0:
            if (address + start) & 3 == 0:
                while start + 4 <= end and ptr32(address + start)[0] & high_bits == 0:
                    start += 4
                if start == end:
                    break
                b = buf[start]
            if b >= 0x80:
                if b < 0xC2 or b > 0xF4:
                    return -1
                if b < 0xE0:
                    state = 1
                elif b < 0xF0:
                    state = 4 if b == 0xE0 else 5 if b == 0xED else 2
                else:
                    state = 6 if b == 0xF0 else 7 if b == 0xF4 else 3
        else:
            low = 0xA0 if state == 4 else 0x90 if state == 6 else 0x80
            high = 0x9F if state == 5 else 0x8F if state == 7 else 0xBF
            if b < low or b > high:
                return -1
            state = 2 if state > 5 else 1 if state > 3 else state - 1
        start += 1
    return state
