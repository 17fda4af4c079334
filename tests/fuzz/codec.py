"""A differential fuzzer: ws_core.c through ctypes, its Python twin and a plain reference agree on
every input, errors included."""

import functools
import tempfile
from itertools import cycle
from pathlib import Path

import ws_core_library
from hypothesis import given
from hypothesis import strategies as st
from microdot_websocket import _pycodec
from ws_core_library import Guarded, Header

from . import reference

ERROR = 'error'


@functools.lru_cache(None)
def core():
    """The library, and memory for it that is longer than two of the twin's chunks."""
    with tempfile.TemporaryDirectory() as folder:
        return ws_core_library.build(Path(folder)), Guarded(pages=3)


# Inputs

knobs = {'before': st.integers(0, 15), 'behind': st.binary(max_size=9)}
keys = st.binary(min_size=4, max_size=4)


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


@st.composite
def headers(draw):
    """Mostly the beginning of a frame with a length near one that matters."""
    size = draw(st.sampled_from((0, 2, 8)))
    length = draw(st.sampled_from((0, 126, 2**16, 2**30, 2**32, 2**63))) + draw(st.integers(-2, 2))
    second = {0: length % 128, 2: 126, 8: 127}[size] | draw(st.sampled_from((0, 128)))
    data = draw(st.binary(min_size=1, max_size=1)) + bytes([second])
    data += (length % 256**size).to_bytes(size, 'big') + draw(keys)
    return data[: draw(st.none() | st.integers(0, len(data)))] + draw(st.binary(max_size=3))


long_data = st.builds(
    lambda seed, n: (seed * (n // len(seed) + 1))[:n],
    st.binary(min_size=1, max_size=300),
    st.one_of(st.integers(0, 300), st.integers(4090, 4102), st.integers(8180, 8200)),
)


def surrounded(data, before, behind):
    """(a buffer with the data in it, where the data starts, where it ends)"""
    buf = bytearray(b'\xa5' * before + data + behind)
    return buf, before, before + len(data)


# parse_header


def header_by_reference(data):
    header = reference.parse_header(data)
    return ERROR if header and header[3] > reference.MAX_LENGTH else header


def header_by_core(data):
    lib, memory = core()
    header = Header(1, 2, (3, 4, 5, 6), 7)
    untouched = bytes(header)
    size = lib.ws_parse_header(memory.place(data), len(data), header)
    assert memory.read(len(data)) == data
    if size > 0:
        return size, header.first, header.masked, header.length, bytes(header.key)
    assert bytes(header) == untouched
    return ERROR if size < 0 else None


def header_by_twin(buf, start, end):
    key = bytearray(b'wxyz')
    hdr = [7, 8, 9, key]
    try:
        size = _pycodec.parse_header(buf, start, end, hdr)
    except ValueError:
        size = ERROR
    assert hdr[3] is key
    if size and size != ERROR:
        return size, *hdr[:3], bytes(key)
    assert hdr == [7, 8, 9, b'wxyz']
    return size or None


@given(data=st.one_of(headers(), st.binary(max_size=16)), **knobs)
def header(data, before, behind):
    expected = header_by_reference(data)
    assert header_by_core(data) == expected
    buf, start, end = surrounded(data, before, behind)
    unchanged = bytes(buf)
    assert header_by_twin(buf, start, end) == expected
    assert buf == unchanged


# unmask


@given(data=long_data, key=keys, phase=st.integers(), cut=st.integers(0, 9000), **knobs)
def unmask(data, key, phase, cut, before, behind):
    expected = reference.unmask(data, key, phase)
    lib, memory = core()
    buf, start, end = surrounded(data, before, behind)
    address = memory.place(buf)
    cut = min(cut, len(data))

    lib.ws_unmask(address + start, len(data), key, phase % 2**64)
    _pycodec.unmask(buf, start, end, key, phase)
    whole = surrounded(expected, before, behind)[0]
    assert memory.read(len(buf)) == whole
    assert buf == whole
    # Again, in two pieces: back to what it was.
    for at, stop in ((0, cut), (cut, len(data))):
        lib.ws_unmask(address + start + at, stop - at, key, (phase + at) % 2**64)
        _pycodec.unmask(buf, start + at, start + stop, key, phase + at)
    whole = surrounded(data, before, behind)[0]
    assert memory.read(len(buf)) == whole
    assert buf == whole


# utf8

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
    text = LEADS[state] + data
    at = 0
    for size in cycle(sizes):  # until the first bad byte, wherever the text is cut
        stop = min(at + size, len(data))
        expected = reference.utf8(text[: 1 + stop])
        assert lib.ws_utf8(address + at, stop - at, state) == expected
        assert _pycodec.utf8(buf, start + at, start + stop, state) == expected
        if expected < 0 or stop == len(data):
            break
        state, at = expected, stop


# extract and freeze, which are Python and the natmod's glue: see natmod_vs_twin.py for that


def message(data, text):
    """What becomes of a payload; None if it is to be text and is none."""
    if not text:
        return data
    return None if reference.utf8(data) else data.decode()


@given(data=long_data | texts, key=keys, text=st.booleans(), **knobs)
def extract(data, key, text, before, behind):
    buf, start, end = surrounded(reference.unmask(data, key), before, behind)
    expected = message(data, text)
    result = _pycodec.extract(buf, start, end, key, text)
    assert (type(result), result) == (type(expected), expected)
    assert buf == surrounded(data, before, behind)[0]


@given(data=long_data | texts, text=st.booleans(), behind=st.binary(min_size=1, max_size=9))
def freeze(data, text, behind):
    expected = message(data, text)
    if expected is not None:
        result = _pycodec.freeze(bytearray(data + behind), len(data), text)
        assert (type(result), result) == (type(expected), expected)


TESTS = header, unmask, utf8, extract, freeze
