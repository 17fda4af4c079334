"""What a peer may send: streams of frames, most of them right, some wrong in one thing, some odd;
in which pieces they come, and under which limits."""

from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, header
from hypothesis import strategies as st

from . import protocol_model as model

ROOMY = 1 << 20  # a limit that only nonsense exceeds; one without would have nonsense allocated

keys = st.binary(min_size=4, max_size=4)
no_keys = st.none()


def character(lead, second, last, missing):
    """As many bytes as the first one announces, less those that are missing."""
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    return bytes([lead, second, last, last])[: size - missing]


# Valid text, and characters near the limits of what RFC 3629 allows.
odd_characters = st.builds(
    character,
    st.sampled_from(b'\xe0\xed\xf0\xf4')
    | st.sampled_from(b'\xc0\xc1\xc2\xdf\xe1\xec\xef\xf1\xf5\xff'),
    st.sampled_from(b'\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0'),
    st.sampled_from(b'\x80\xbf'),
    st.sampled_from((0, 0, 0, 1, 2)),
)
ascii_texts = st.integers(1, 40).map(lambda n: b'a' * n)
texts = st.lists(
    odd_characters | odd_characters | ascii_texts | st.text(max_size=6).map(str.encode), max_size=5
).map(b''.join)

lengths = st.one_of(
    st.integers(0, 20),
    st.integers(0, 700),
    st.sampled_from((124, 125, 126, 127, 138, 139, 140, 2047, 2048, 2049) * 3 + (65535, 65536)),
)
binaries = st.builds(
    lambda b, n: (bytes(range(b, 256)) * (n // 50 + 1))[:n], st.integers(0, 99), lengths
)
valid_texts = st.builds(lambda n, text: ('é' * n + text).encode(), lengths, st.text(max_size=20))
odd_texts = st.builds(lambda n, text: b'a' * n + text, lengths, texts)
payloads = {TEXT: valid_texts | valid_texts | odd_texts, BINARY: binaries}
close_codes = st.integers(0, 65535) | st.sampled_from(
    (999, 1000, 1003, 1004, 1006, 1007, 1014, 1015, 1016, 2999, 3000, 4999, 5000)
)
reasons = texts | st.binary(max_size=123)


# In all of these `keys` are those of the frames: from a client, or no_keys.


@st.composite
def controls(draw, keys):
    opcode = draw(st.sampled_from((PING, PONG)))
    return frame(opcode, draw(st.binary(max_size=125)), key=draw(keys))


@st.composite
def messages(draw, keys, rsv1):
    """A message, mostly a valid one, in fragments with control frames between them."""
    opcode = draw(st.sampled_from((TEXT, BINARY)))
    rsv = draw(st.sampled_from((0, 4))) if rsv1 else 0
    payload = draw(payloads[opcode])
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=3)))
    stream, start = b'', 0
    for cut in cuts:
        stream += frame(opcode, payload[start:cut], fin=False, key=draw(keys), rsv=rsv)
        stream += b''.join(draw(st.lists(controls(keys), max_size=1)))
        opcode, start, rsv = CONT, cut, 0
    return stream + frame(opcode, payload[start:], key=draw(keys), rsv=rsv)


@st.composite
def closes(draw, keys):
    payload = draw(close_codes).to_bytes(2, 'big') + draw(reasons)
    return frame(CLOSE, payload[: draw(st.sampled_from((125, 125, 2, 1, 0)))], key=draw(keys))


@st.composite
def odd_frames(draw, keys):
    """A frame with anything in its header; perhaps without all of its payload."""
    opcode = draw(st.sampled_from(model.OPCODES) | st.integers(0, 15))
    fin, rsv = draw(st.booleans()), draw(st.sampled_from((0,) * 9 + (1, 2, 4)))
    key = draw(keys | keys | st.none())
    form = draw(st.sampled_from((None, None, 16, 64)))
    if draw(st.booleans()):
        length = draw(st.integers(0, 2**64 - 1) | st.sampled_from((2**30 - 1, 2**30, 2**63)))
        return header(opcode, length, fin, key, rsv, None if length >= 65536 else form)
    payload = draw(binaries)
    return frame(opcode, payload, fin, key, rsv, None if len(payload) >= 65536 else form)


# What makes a frame wrong that is right but for this.
defects = st.sampled_from(
    [{'rsv': rsv} for rsv in (1, 2, 4)]
    + [{'opcode': opcode} for opcode in (3, 7, 11, 15)]
    + [{'form': form} for form in (16, 16, 64, 64)]
    + [{'key': None}, {'key': b'abcd'}]  # one of them is right
    + [{'opcode': PING, 'fin': False}, {'opcode': PONG, 'payload': bytes(126)}]
    + [{'opcode': CONT}, {'opcode': TEXT, 'fin': False}]  # mostly
)


def defective_frames(keys):
    return st.builds(
        lambda size, key, defect: frame(
            **{'opcode': BINARY, 'payload': bytes(size), 'key': key, **defect}
        ),
        st.integers(0, 125) | st.integers(126, 300),
        keys,
        defects,
    )


def fragments(keys):
    """Which may come where no such frame can be."""
    opcodes = st.sampled_from((CONT, TEXT, BINARY))
    return st.builds(frame, opcodes, st.text(max_size=5) | texts, st.booleans(), keys)


# Where bytes are replaced, how many, and by what.
mutations = st.tuples(st.integers(0, 4000), st.integers(0, 3), st.binary(max_size=3))


@st.composite
def streams(draw, keys=keys, rsv1=False):
    """Frames and other bytes, some of them then changed."""
    good = st.lists(messages(keys, rsv1) | controls(keys), max_size=4)
    bad = closes(keys) | odd_frames(keys) | defective_frames(keys) | fragments(keys)
    bad |= st.binary(max_size=20) | defective_frames(keys)
    parts = draw(good) + draw(st.lists(bad, max_size=2)) + draw(good)
    stream = bytearray(b''.join(parts))
    if draw(st.integers(0, 3)) == 3:
        at, size, new = draw(mutations)
        at %= len(stream) + 1
        stream[at : at + size] = new
    return bytes(stream)


@st.composite
def connections(draw):
    """(a Role, a stream of its peer)"""
    role = model.Role(draw(st.sampled_from((True, True, False))), draw(st.booleans()))
    return role, draw(streams(keys if role.from_client else no_keys, role.rsv1))


piece_sizes = st.lists(st.integers(1, 40) | st.sampled_from((500, ROOMY)), min_size=1, max_size=6)
a_limit = lengths | st.just(ROOMY)
limits = st.builds(model.Limits, a_limit, st.just(0) | st.integers(0, 4), a_limit)
