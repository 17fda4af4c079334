"""Frames as a client sends them, written from RFC 6455, section 5.2; nothing here is shared with
the code under test."""

KEY = b'\x37\xfa\x21\x3d'  # of the examples in section 5.7

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def pattern(n):
    """n bytes without a period that a length or an alignment has."""
    return (bytes(range(251)) * (n // 251 + 1))[:n]


def header(opcode, length, fin=True, key=KEY, rsv=0, form=None):
    """The header; `form` (7, 16 or 64) overrides the shortest form of the length."""
    form = form or (7 if length < 126 else 16 if length < 65536 else 64)
    data = bytearray([(0x80 if fin else 0) | rsv << 4 | opcode])
    masked = 0x80 if key else 0
    if form == 7:
        data.append(masked | length)
    elif form == 16:
        data.append(masked | 126)
        data += length.to_bytes(2, 'big')
    else:
        data.append(masked | 127)
        data += length.to_bytes(8, 'big')
    return bytes(data) + (key or b'')


def masked(payload, key=KEY):
    # In pieces: ints as long as the payload would take several times its memory.
    data = bytearray(payload)
    mask = int.from_bytes(key * 64, 'little')
    for at in range(0, len(data), 256):
        n = min(256, len(data) - at)
        piece = int.from_bytes(data[at : at + n], 'little') ^ mask & (1 << 8 * n) - 1
        data[at : at + n] = piece.to_bytes(n, 'little')
    return data


def frame(opcode, payload=b'', fin=True, key=KEY, rsv=0, form=None):
    if isinstance(payload, str):
        payload = payload.encode()
    body = masked(payload, key) if key else payload
    return header(opcode, len(payload), fin, key, rsv, form) + body


def close(code=None, reason=''):
    return frame(CLOSE, b'' if code is None else code.to_bytes(2, 'big') + reason.encode())


def parse(data, from_client=False):
    """The frames in what one side sent: a list of (first byte, payload). They must be whole, and
    masked if it is the client."""
    frames = []
    view = memoryview(data)
    at = 0
    while at < len(data):
        first, length = data[at], data[at + 1]
        if length >> 7 != from_client:
            raise ValueError('masked' if length >> 7 else 'not masked')
        length &= 0x7F
        start = at + 2
        if length >= 126:
            start = at + (4 if length == 126 else 10)
            length = int.from_bytes(view[at + 2 : start], 'big')
        start += 4 * from_client
        at = start + length
        if len(data) < at:
            raise ValueError('a frame of %d bytes is cut off' % length)
        payload = view[start:at]
        frames.append(
            (
                first,
                bytes(masked(payload, bytes(view[start - 4 : start])) if from_client else payload),
            )
        )
    return frames
