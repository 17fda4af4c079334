"""Headers, lengths and text, and what must be made of them: vectors for several tests."""

UTF8_VALID = (
    '',
    'Hello-µ@ßöäüàá-UTF-8!!',
    'κόσμε',
    '\x00\x7f',
    '\x80\u07ff',
    '\u0800\ufffd\uffff',
    '\U00010000\U0010ffff',
    '\ud7ff\ue000',
    'a' * 70 + 'é' + 'b' * 70 + '😀',
)

# Bytes, and the index of the first one that no valid text has there (RFC 3629; the examples of
# section 3.9 of the Unicode Standard).
UTF8_INVALID = (
    (b'\x80', 0),
    (b'abc\xbf', 3),
    (b'\xc0\x80', 0),
    (b'\xc1\xbf', 0),
    (b'\xc3\x28', 1),
    (b'\xe0\x80\x80', 1),
    (b'\xe0\x9f\xbf', 1),
    (b'\xe2\x28\xa1', 1),
    (b'\xe2\x82\x28', 2),
    (b'\xed\xa0\x80', 1),
    (b'\xed\xbf\xbf', 1),
    (b'\xf0\x80\x80\x80', 1),
    (b'\xf0\x8f\xbf\xbf', 1),
    (b'\xf0\x90\x80\x41', 3),
    (b'\xf4\x90\x80\x80', 1),
    (b'\xf5\x80\x80\x80', 0),
    (b'\xfe', 0),
    (b'\xff', 0),
    (b'x' * 100 + b'\xc3\xa9\xa9', 102),
)

HEADERS = (
    # bytes, (first, masked, length, key)
    (b'\x81\x05', (0x81, 0, 5, bytes(4))),
    (b'\x81\x85\x37\xfa\x21\x3d', (0x81, 1, 5, b'\x37\xfa\x21\x3d')),
    (b'\x00\x7d', (0, 0, 125, bytes(4))),
    (b'\xff\x80\xff\xff\xff\xff', (0xFF, 1, 0, b'\xff' * 4)),
    (b'\x82\x7e\x01\x00', (0x82, 0, 256, bytes(4))),
    (b'\x82\xfe\xff\xff\x01\x02\x03\x04', (0x82, 1, 65535, b'\x01\x02\x03\x04')),
    (b'\x82\x7e\x00\x00', (0x82, 0, 0, bytes(4))),
    (b'\x82\x7f' + bytes(5) + b'\x01\x00\x00', (0x82, 0, 65536, bytes(4))),
    (b'\x82\xff' + bytes(8) + b'\x09\x08\x07\x06', (0x82, 1, 0, b'\x09\x08\x07\x06')),
    (b'\x82\x7f\x00\x00\x00\x00\x3f\xff\xff\xff', (0x82, 0, 0x3FFFFFFF, bytes(4))),
)

TOO_LONG = (0x40000000, 0x80000000, 0x100000000, 0x13FFFFFFF, 1 << 62, 1 << 63, (1 << 64) - 1)

HUGE = (
    1 << 31,
    1 << 32,
    1 << 62,
    1 << 63,
    1 << 64,
    1 << 70,
    -1,
    -(1 << 31),
    -(1 << 64),
    -(1 << 70),
)


def unmasked(data, key, phase):
    """What a mask key makes of data whose first byte meets key[phase]."""
    data = bytearray(data)
    for i in range(len(data)):
        data[i] ^= key[(phase + i) % 4]
    return bytes(data)


def bytes_of(n):
    data = bytearray(n)
    for i in range(n):
        data[i] = (i * 7 + (i >> 8)) & 0xFF
    return bytes(data)
