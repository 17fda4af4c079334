"""A differential fuzzer of what frames are made of: mask, UTF-8 and header by the C core through
ctypes, by its Python twin and by a plain reference."""

import functools
import tempfile
from itertools import cycle
from pathlib import Path

import frames
import ws_protocol_library
from hypothesis import given
from hypothesis import strategies as st
from microdot_websocket import core as twin
from microdot_websocket.core.sending import write_header
from ws_core_library import Guarded

from . import reference
from .streams import keys, no_keys, texts


@functools.lru_cache(None)
def core():
    """The library, and memory for it that is longer than two of the twin's chunks."""
    with tempfile.TemporaryDirectory() as folder:
        return ws_protocol_library.build(Path(folder)), Guarded(pages=3)


knobs = {'before': st.integers(0, 15), 'behind': st.binary(max_size=9)}
long_data = st.builds(
    lambda seed, n: (seed * (n // len(seed) + 1))[:n],
    st.binary(min_size=1, max_size=300),
    st.one_of(st.integers(0, 300), st.integers(4090, 4102), st.integers(8180, 8200)),
)


def surrounded(data, before, behind):
    """(a buffer with the data in it, where the data starts, where it ends)"""
    buf = bytearray(b'\xa5' * before + data + behind)
    return buf, before, before + len(data)


@given(data=long_data, key=keys, phase=st.integers(), cut=st.integers(0, 9000), **knobs)
def unmask(data, key, phase, cut, before, behind):
    expected = reference.unmask(data, key, phase)
    lib, memory = core()
    buf, start, end = surrounded(data, before, behind)
    address = memory.place(buf)
    cut = min(cut, len(data))

    copy = bytearray(buf)
    assert twin.unmasked(copy, start, end, key) == reference.unmask(data, key)
    lib.ws_unmask(address + start, len(data), key, phase % 2**64)
    twin.unmask(buf, start, end, key, phase)
    whole = surrounded(expected, before, behind)[0]
    assert memory.read(len(buf)) == whole
    assert buf == whole
    # Again, in two pieces: back to what it was.
    for at, stop in ((0, cut), (cut, len(data))):
        lib.ws_unmask(address + start + at, stop - at, key, (phase + at) % 2**64)
        twin.unmask(buf, start + at, start + stop, key, phase + at)
    whole = surrounded(data, before, behind)[0]
    assert memory.read(len(buf)) == whole
    assert buf == whole


LEADS = b'a', b'\xc2', b'\xe1', b'\xf1', b'\xe0', b'\xed', b'\xf0', b'\xf4'  # to each state


@given(
    data=texts,
    state=st.just(0) | st.integers(0, 7),
    sizes=st.lists(st.integers(1, 5) | st.just(1000), min_size=1, max_size=3),
    **knobs,
)
def utf8(data, state, sizes, before, behind):
    lib, memory = core()
    buf, start, end = surrounded(data, before, behind)
    address = memory.place(data + behind)
    whole = LEADS[state] + data
    at = 0
    for size in cycle(sizes):  # until the first bad byte, wherever the text is cut
        stop = min(at + size, len(data))
        expected = reference.utf8(whole[: 1 + stop])
        assert lib.ws_utf8(address + at, stop - at, state) == expected
        assert twin.utf8(buf, start + at, start + stop, state) == expected
        if expected < 0 or stop == len(data):
            break
        state, at = expected, stop


lengths = st.builds(
    lambda length, more: max(0, min(length + more, reference.MAX_LENGTH)),
    st.sampled_from((0, 126, 2**8, 2**16, 2**24, 2**30)),
    st.integers(-3, 3),
)


@given(
    opcode=st.integers(0, 15),
    fin=st.booleans(),
    rsv=st.integers(0, 7),
    length=lengths | st.integers(0, reference.MAX_LENGTH),
    key=keys | no_keys,
)
def header(opcode, fin, rsv, length, key):
    lib, memory = core()
    first = fin << 7 | rsv << 4 | opcode
    expected = frames.header(opcode, length, fin, key, rsv)
    assert write_header(first, length, key or b'') == expected
    unmasked = frames.header(opcode, length, fin, None, rsv)
    size = lib.ws_write_header(memory.place(b'\xee' * len(unmasked)), first, length)
    assert memory.read(size) == unmasked


TESTS = unmask, utf8, header
