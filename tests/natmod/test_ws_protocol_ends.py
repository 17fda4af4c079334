"""ws_protocol.c once this end has sent its Close; what is said of errors; headers to be sent; and
what the file needs."""

import ctypes

import frames
import pytest
from frames import BINARY, CLOSE, CONT, KEY, PING, TEXT, header
from microdot_websocket.core import rules
from microdot_websocket.core.sending import write_header
from protocol_owner import ERRORS, FULL, IDLE, MORE, OWN, Owner
from ws_core_library import NATMOD, Guarded, symbols
from ws_protocol_feeding import KEYS, close, encoded, events_of, frame

MAX_LENGTH = 0x3FFFFFFF

# Discarding


def discarded(owner, stream, step):
    """How many bytes of the stream ws_discard() takes to find a Close; None: there is none."""
    at = 0
    while not owner.discard():
        if at == len(stream):
            return None
        assert not owner.state.direct(1)
        at += owner.read(stream[at : at + step])
    return at


def read_on(owner, stream, step):
    """Read a stream up to its end or an error; (how many bytes that took, the last event)"""
    at = 0
    while True:
        event = owner.next()
        if event < FULL or (event in (IDLE, MORE) and at == len(stream)):
            return at, event
        if event in (IDLE, MORE):
            at += owner.read(stream[at : at + step])
        else:
            owner.taken(event)


def test_discard_from_any_byte_on(core):
    """Whatever is in progress, and whatever rules what comes breaks."""
    for key in KEYS:
        parts = (
            frame(BINARY, b'a' * 20, fin=False),
            frame(PING, b'\x88' * 9),
            frame(CONT, b'\x88' * 200),
            frame(7, b'\x88' * 30, rsv=7, form=16),
            frame(CONT, b'\xff'),
        )
        before = encoded(parts, key)
        stream = before + frames.frame(CLOSE, b'xyz', key=key)
        found = len(before) + 2 + 4 * (key is not None)  # the header is enough
        for into, least in ((None, 1), (None, 1000), (9, 1)):
            for at in range(len(before) + 1):
                owner = Owner(core, client=key is None, least=least)
                owner.into(into)
                at, _ = read_on(owner, stream[:at], 50)
                assert discarded(owner, stream[at:], 1) == found - at
                owner = Owner(core, client=key is None, least=least)
                at, _ = read_on(owner, stream[:at], 50)
                assert discarded(owner, stream[at : found - 1], 1000) is None
                assert discarded(owner, stream[found - 1 :], 1000) is not None


def test_discard_after_bytes_read_straight(core):
    owner = Owner(core, least=1)
    stream = frames.frame(BINARY, b'\x88' * 100)
    events_of(owner, stream[:20])
    owner.read(stream[20:60])
    assert owner.state.arrived
    assert discarded(owner, stream[60:] + frames.close(), 1000) is not None
    owner = Owner(core, least=1)
    events_of(owner, stream[:20])
    owner.read(stream[20:60])
    assert discarded(owner, stream[60:], 1000) is None


def test_discard_after_an_error(core):
    """The refused frame is passed over, and counts if it is a Close."""
    for parts, error in (
        ([frame(BINARY, b'\x88\x80' * 100)], 'TOO_BIG'),
        ([frame(TEXT, fin=False), frame(CONT, b'\x88\x80' * 20)], 'FRAGMENTS'),
        ([frame(TEXT, b'\xff' + b'\x88\x80' * 20)], 'UTF8'),
        ([frame(3, b'\x88\x80' * 20)], 'OPCODE'),
        ([frame(PING, b'\x88\x80' * 63)], 'CONTROL'),
        ([frame(CONT, b'\x88\x80' * 20)], 'CONT'),
    ):
        for key in KEYS:
            for step in (1, 50):
                owner = Owner(core, client=key is None, limit=50, max_fragments=1)
                stream = encoded(parts, key)
                at, event = read_on(owner, stream, step)
                assert event == ERRORS[error]
                assert discarded(owner, stream[at:], step) is None
                assert discarded(owner, frames.frame(CLOSE, key=key), step) is not None


def test_discard_finds_a_close_that_was_refused(core):
    for part, error in (
        (close(999), 'CLOSE'),
        (frame(CLOSE, b'x'), 'CLOSE'),
        (close(1000, b'\xff'), 'UTF8'),
        (frame(CLOSE, bytes(126)), 'CONTROL'),
        (frame(CLOSE, rsv=1), 'RSV'),
    ):
        for key in KEYS:
            owner = Owner(core, client=key is None)
            assert events_of(owner, part(key=key), 100)[0] == [(ERRORS[error],)]
            assert discarded(owner, b'', 1) == 0


def test_discard_behind_a_length_that_nothing_has(core):
    """No frame can be told from it any more."""
    owner = Owner(core)
    stream = header(BINARY, 1 << 40, key=KEY)
    assert events_of(owner, stream[:8]) == ([], MORE)
    assert discarded(owner, stream[8:] + frames.close() * 3, 100) is None
    assert discarded(owner, frames.close() * 3, 100) is None
    assert owner.state.start == owner.state.end


# What is sent, and what is said of errors


def test_write_header(c_core):
    guarded = Guarded()
    for n in (0, 1, 125, 126, 127, 255, 256, 65535, 65536, 0x123456, MAX_LENGTH):
        for opcode, fin, rsv in ((TEXT, True, 0), (CONT, False, 0), (BINARY, True, 4)):
            expected = header(opcode, n, fin, None, rsv)
            address = guarded.place(b'\xee' * len(expected))
            first = fin << 7 | rsv << 4 | opcode
            assert write_header(first, n, b'') == expected
            assert c_core.lib.ws_write_header(address, first, n) == len(expected)
            assert guarded.read(len(expected)) == expected


def test_errors(c_core):
    expected = {
        'RSV': (1002, 'RSV bits set'),
        'OPCODE': (1002, 'reserved opcode'),
        'MASK': (1002, 'wrong masking'),
        'LENGTH': (1002, 'length not minimal'),
        'CONTROL': (1002, 'control frame fragmented or too long'),
        'NESTED': (1002, 'message inside a message'),
        'CONT': (1002, 'continuation of nothing'),
        'CLOSE': (1002, 'bad close code'),
        'UTF8': (1007, 'invalid UTF-8'),
        'FRAGMENTS': (1008, 'too many fragments'),
        'TOO_BIG': (1009, 'message too big'),
        'MEMORY': (1009, 'out of memory'),
    }
    for name, number in ERRORS.items():
        n = ctypes.c_uint32()
        text = c_core.lib.ws_error_text(number, n)
        text = ctypes.string_at(text, n.value)
        text = text.decode()
        assert (c_core.lib.ws_error_code(number), text) == expected[name] == rules.error(number)


@pytest.mark.parametrize('optimize', ['-Os', '-O2', '-O3'])
def test_needs_nothing(optimize, tmp_path):
    """No libc call, the compiler's own included, and no variable: natmods have neither."""
    kinds = symbols(tmp_path, NATMOD / 'ws_protocol.c', optimize)
    assert {name for name, kind in kinds.items() if kind == 'T'} == {
        'ws_next',
        'ws_direct',
        'ws_discard',
        'ws_error_code',
        'ws_error_text',
        'ws_is_close_code',
        'ws_write_header',
    }
    assert {name for name, kind in kinds.items() if kind == 'U'} <= {
        'ws_move',
        'ws_parse_header',
        'ws_unmask',
        'ws_utf8',
    }
    assert set(kinds.values()) <= {'T', 't', 'r', 'U'}


def test_own_is_zero():
    """A struct of zeros, which the header starts with, keeps each message in memory of its own."""
    assert OWN == 0
