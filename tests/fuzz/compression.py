"""A fuzzer of compression in both directions, on CPython and in two MicroPython processes, with the
natmod and without, and with zlib as the oracle. See one.py.

uzlib, MicroPython's, is less strict than zlib with the codes that a block brings along: such a
message, of no compressor, may become any data. It may not refer to what is before it.
"""

import asyncio
import functools
import os
import subprocess
import zlib

from deflated import Deflated
from hypothesis import given
from hypothesis import strategies as st
from interpreters import BUILD, HEAP, LIB, ROOT
from microdot_websocket.cpython.deflate import STREAMS, TAIL

from . import compression_peer

NATIVE = BUILD / 'bin' / 'micropython'
PYTHON = BUILD / 'bin' / 'micropython-firmware'  # its deflate compresses too
PATH = f'{LIB}:{ROOT}/tests:.frozen'
# zlib's errors of a block's own codes.
CODES = 'invalid code', 'invalid literal', 'invalid distance', 'invalid bit length', 'too many'
UNLIMITED = 1 << 24
TOO_FAR = 'invalid distance too far back'


class Peer:
    """compression_peer.py on MicroPython."""

    def __init__(self, program, *words):
        script = ROOT / 'tests/fuzz/compression_peer.py'
        command = [program, '-X', f'heapsize={HEAP}', script, *words]
        env = {**os.environ, 'MICROPYPATH': PATH}
        pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE}
        self.process = subprocess.Popen(command, env=env, text=True, **pipes)

    def ask(self, kind, *numbers, data):
        """What it comes to: bytes, a close code, or None."""
        words = [kind, *map(int, numbers), '=' + data.hex()]
        self.process.stdin.write(' '.join(map(str, words)) + '\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip()
        assert line, 'MicroPython has ended'
        return None if line == '-' else int(line[1:]) if line[0] == '!' else bytes.fromhex(line[1:])


@functools.lru_cache(None)
def python_peer():
    return Peer(PYTHON, 'python')


@functools.lru_cache(None)
def native_peer():
    return Peer(NATIVE)


def inflated(message, limit):
    """(what zlib makes of a message, no more than one byte over the limit; its error or '')"""
    data = (message or b'\0') + TAIL
    result = b''
    for _ in range(STREAMS):
        stream = zlib.decompressobj(-15)
        try:
            result += stream.decompress(data, limit + 1 - len(result))
            if len(result) <= limit and not stream.eof:
                result += stream.decompress(stream.unconsumed_tail, 1)
        except zlib.error as error:
            return result, str(error).partition(': ')[2] or 'corrupt'
        if len(result) > limit or (stream.eof and not stream.unused_data):
            return result, ''
        if not stream.eof:
            return result, 'truncated'
        data = stream.unused_data
    return result, 'too many streams'


def is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


texts = st.text(max_size=30).map(str.encode) | st.binary(max_size=30)
contents = st.lists(
    texts
    | st.binary(min_size=1, max_size=5).map(lambda data: data * 99)
    | st.integers(0, 3000).map(lambda n: b'%d, ' % n * 7 + bytes(range(n % 256))),
    max_size=8,
).map(b''.join)
distances = st.integers(1, 40) | st.integers(1, 700) | st.integers(1, 32768)
lengths = st.integers(3, 10) | st.sampled_from((258, 516, 2580))
items = st.lists(texts | st.tuples(lengths, distances), max_size=6)


@st.composite
def built(draw):
    """Blocks as no compressor might write them."""
    data = Deflated()
    for _ in range(draw(st.integers(0, 4))):
        final = draw(st.integers(0, 5)) == 5
        if draw(st.booleans()):
            data.stored(draw(contents), final)
        else:
            data.fixed(*draw(items), final=final)
        if final:
            data.align()
    return data.message()


@st.composite
def compressed(draw):
    """As zlib writes it; some refer to the message before."""
    strategy = draw(st.sampled_from((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY)))
    bits = draw(st.sampled_from((15, 15, 12, 10, 9)))
    stream = zlib.compressobj(draw(st.integers(0, 9)), zlib.DEFLATED, -bits, 5, strategy)
    data = draw(contents)
    if draw(st.integers(0, 3)) == 3:
        stream.compress(draw(contents) + data[: draw(st.integers(0, 400))])
        stream.flush(zlib.Z_SYNC_FLUSH)
    return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


@st.composite
def messages(draw):
    message = bytearray(draw(built() | compressed() | compressed() | st.binary(max_size=40)))
    if draw(st.integers(0, 3)) == 3:
        at = draw(st.integers(0, len(message)))
        message[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(message)


@given(
    message=messages(),
    bits=st.sampled_from((15, 15, 15, 9, 10, 12)),
    limit=st.sampled_from((0, 5000, 100000, 1, 50, 700)),
    text=st.booleans(),
    size=st.sampled_from((0, 0, 1, 50, 1000)),
)
def receives(message, bits, limit, text, size):
    most = (size or limit) if limit else UNLIMITED
    expected, error = inflated(message, most)
    if not error and (len(expected) > most or (text and not is_utf8(expected))):
        error = 'refused'
    try:
        got = asyncio.run(compression_peer.received(message, bits, limit, text, size))
    except compression_peer.Refused as refused:
        (got,) = refused.args
    check(got, expected, error, bits)
    check(native_peer().ask('r', bits, limit, text, size, data=message), expected, error, bits)
    got = python_peer().ask('r', bits, limit, text, size, data=message)
    if isinstance(got, bytes) and error.startswith(CODES) and error != TOO_FAR:
        assert len(got) <= most and (is_utf8(got) or not text)
    else:
        check(got, expected, error, bits)


def check(got, expected, error, bits):
    if error:
        assert got in (1007, 1009), (got, error)
    elif bits == 15 or isinstance(got, bytes):
        assert got == expected
    else:  # of a window that was not agreed on
        assert got == 1007


@given(data=contents, bits=st.integers(8, 15), level=st.integers(0, 9))
def sends(data, bits, level):
    deflated = [peer().ask('s', bits, level, data=data) for peer in (python_peer, native_peer)]
    if bits >= 9:
        deflated.append(compression_peer.compression.deflate(data, bits, level))
    for message in deflated:
        if message is not None:
            assert len(message) < len(data)
            assert small_window(message, max(bits, 9)) == data


def small_window(message, bits):
    """What zlib makes of a message, byte by byte: so it sees no further back than its window."""
    stream = zlib.decompressobj(-bits)
    data = message + TAIL
    result = []
    while not stream.eof:
        result.append(stream.decompress(data, 1))
        data = stream.unconsumed_tail
    assert not stream.unused_data
    return b''.join(result)


TESTS = receives, sends
