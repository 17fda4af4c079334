"""What the codec has to make of bytes, written plainly from RFC 6455, section 5, and RFC 3629;
nothing here is shared with the code under test."""

MAX_LENGTH = 0x3FFFFFFF  # of a payload; the codec refuses longer ones


def parse_header(data):
    """(size, first byte, masked, length, key) of the frame header at the start, whatever the
    length; None if it is incomplete."""
    if len(data) < 2:
        return None
    masked, length = divmod(data[1], 128)
    size = 2
    if length > 125:
        size += 2 if length == 126 else 8
        length = int.from_bytes(data[2:size], 'big')
    key = data[size : size + 4] if masked else bytes(4)
    size += 4 * masked
    if len(data) < size:
        return None
    return size, data[0], masked, length, bytes(key)


def unmask(data, key, phase=0):
    return bytes(b ^ key[(phase + i) % 4] for i, b in enumerate(data))


# RFC 3629, section 4: the bytes that a character may be made of, and the codec's state after the
# first of them; after the others it is the number of those to come.
TAIL = range(0x80, 0xC0)
CHARACTERS = (
    (0, (range(0x00, 0x80),)),
    (1, (range(0xC2, 0xE0), TAIL)),
    (4, (range(0xE0, 0xE1), range(0xA0, 0xC0), TAIL)),
    (2, (range(0xE1, 0xED), TAIL, TAIL)),
    (5, (range(0xED, 0xEE), range(0x80, 0xA0), TAIL)),
    (2, (range(0xEE, 0xF0), TAIL, TAIL)),
    (6, (range(0xF0, 0xF1), range(0x90, 0xC0), TAIL, TAIL)),
    (3, (range(0xF1, 0xF4), TAIL, TAIL, TAIL)),
    (7, (range(0xF4, 0xF5), range(0x80, 0x90), TAIL, TAIL)),
)


def utf8(data):
    """The codec's state after a text: 0 between characters, 1 to 7 inside one, -1 if the bytes are
    the beginning of no valid text."""
    at = 0
    state = 0
    while at < len(data):
        state, parts = next((line for line in CHARACTERS if data[at] in line[1][0]), (-1, ()))
        character = data[at : at + len(parts)]
        if not parts or not all(b in part for b, part in zip(character, parts)):
            return -1
        at += len(parts)
        if at <= len(data):
            state = 0
        elif len(character) > 1:
            state = at - len(data)
    return state
