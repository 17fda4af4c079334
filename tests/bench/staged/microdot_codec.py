"""What Microdot 2.7 has in place of a codec, as it stands in its websocket.py (Copyright (c) 2019
Miguel Grinberg, MIT licence), with the arguments that the codec's functions have."""

CONT = 0


def parse_header(header):
    fin = header[0] & 0x80
    opcode = header[0] & 0x0F
    if fin == 0 or opcode == CONT:
        raise ValueError('Continuation frames not supported')
    has_mask = header[1] & 0x80
    length = header[1] & 0x7F
    if length == 126:
        length = -2
    elif length == 127:
        length = -8
    return fin, opcode, has_mask, length


def unmask(payload, mask):
    return bytes(x ^ mask[i % 4] for i, x in enumerate(payload))


def utf8(payload):
    return payload.decode()
