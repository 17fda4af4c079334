"""What a peer may send: streams of frames, most of them right, some wrong in one thing, some odd;
in which pieces they come, and under which limits."""

from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, header
from hypothesis import strategies as st

from . import protocol_model as model
from .codec import keys, texts

ROOMY = 1 << 20  # a limit that only nonsense exceeds; one without would have nonsense allocated

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


@st.composite
def controls(draw):
    opcode = draw(st.sampled_from((PING, PONG)))
    return frame(opcode, draw(st.binary(max_size=125)), key=draw(keys))


@st.composite
def messages(draw):
    """A message, mostly a valid one, in fragments with control frames between them."""
    opcode = draw(st.sampled_from((TEXT, BINARY)))
    payload = draw(payloads[opcode])
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=3)))
    stream, start = b'', 0
    for cut in cuts:
        stream += frame(opcode, payload[start:cut], fin=False, key=draw(keys))
        stream += b''.join(draw(st.lists(controls(), max_size=1)))
        opcode, start = CONT, cut
    return stream + frame(opcode, payload[start:], key=draw(keys))


@st.composite
def closes(draw):
    payload = draw(close_codes).to_bytes(2, 'big') + draw(reasons)
    return frame(CLOSE, payload[: draw(st.sampled_from((125, 125, 2, 1, 0)))], key=draw(keys))


@st.composite
def odd_frames(draw):
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
defects = (
    st.sampled_from((1, 2, 4)).map(lambda rsv: {'rsv': rsv})
    | st.integers(3, 7).map(lambda opcode: {'opcode': opcode})
    | st.integers(11, 15).map(lambda opcode: {'opcode': opcode})
    | st.sampled_from(({'key': None}, {'form': 16}, {'form': 64}))
    | st.sampled_from(({'opcode': PING, 'fin': False}, {'opcode': PONG, 'payload': bytes(126)}))
)
defective_frames = st.builds(
    lambda size, key, defect: frame(
        **{'opcode': BINARY, 'payload': bytes(size), 'key': key, **defect}
    ),
    st.integers(0, 125) | st.integers(126, 300),
    keys,
    defects,
)

# Which may come where no such frame can be.
fragments = st.builds(
    frame,
    st.sampled_from((CONT, TEXT, BINARY)),
    st.text(max_size=5) | texts,
    st.booleans(),
    keys,
)

# Where bytes are replaced, how many, and by what.
mutations = st.tuples(st.integers(0, 4000), st.integers(0, 3), st.binary(max_size=3))


@st.composite
def streams(draw):
    """Frames and other bytes, some of them then changed."""
    good = st.lists(messages() | controls(), max_size=4)
    bad = closes() | odd_frames() | defective_frames | fragments | st.binary(max_size=20)
    parts = draw(good) + draw(st.lists(bad, max_size=2)) + draw(good)
    stream = bytearray(b''.join(parts))
    if draw(st.integers(0, 3)) == 3:
        at, size, new = draw(mutations)
        at %= len(stream) + 1
        stream[at : at + size] = new
    return bytes(stream)


mutations = st.tuples(st.integers(0, 4000), st.integers(0, 3), st.binary(max_size=3))


piece_sizes = st.lists(st.integers(1, 40) | st.sampled_from((500, ROOMY)), min_size=1, max_size=6)
#: limit and max_fragments
limits = st.tuples(lengths | st.just(ROOMY), st.just(0) | st.integers(0, 4))
