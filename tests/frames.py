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
    n = len(payload)
    mask = (key * (n // 4 + 1))[:n]
    return (int.from_bytes(payload, 'big') ^ int.from_bytes(mask, 'big')).to_bytes(n, 'big')


def frame(opcode, payload=b'', fin=True, key=KEY, rsv=0, form=None):
    if isinstance(payload, str):
        payload = payload.encode()
    body = masked(payload, key) if key else payload
    return header(opcode, len(payload), fin, key, rsv, form) + body


def close(code=None, reason=''):
    return frame(CLOSE, b'' if code is None else code.to_bytes(2, 'big') + reason.encode())


def parse(data):
    """The frames in what a server sent: a list of (first byte, payload). They must be whole."""
    frames = []
    while data:
        length = data[1]
        start = 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(data[2:start], 'big')
        if len(data) < start + length:
            raise ValueError('a frame of %d bytes is cut off' % length)
        frames.append((data[0], bytes(data[start : start + length])))
        data = data[start + length :]
    return frames
