"""The rules at the head of ws_protocol.h, each as a peer may break it."""

from functools import partial
from itertools import product

import frames
from frames import BINARY, CLOSE, CONT, KEY, PING, PONG, TEXT, header, pattern
from microdot_websocket.core.rules import is_close_code
from protocol_owner import COMPRESSED, ERRORS, FULL, IDLE, MORE, Owner
from ws_protocol_feeding import KEYS, check, close, encoded, error, events_of, frame

MAX_LENGTH = 0x3FFFFFFF

# What a peer may do wrong

HEADERS = (
    # a defect, and the error by name, from the one that counts most to the one that counts least
    ({'rsv': 2}, 'RSV'),
    ({'opcode': 3}, 'OPCODE'),
    ({'other_mask': True}, 'MASK'),
    ({'form': 16}, 'LENGTH'),
)


def test_rsv_bits(core):
    for rsv in range(1, 8):
        for opcode in (CONT, TEXT, BINARY, CLOSE, PING, PONG):
            check(core, [frame(opcode, rsv=rsv)], ['RSV'])
            if rsv != 4 or opcode not in (TEXT, BINARY):
                check(core, [frame(opcode, rsv=rsv)], ['RSV'], rsv1=True)


def test_reserved_opcodes(core):
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for fin in (True, False):
            check(core, [frame(opcode, b'x', fin=fin)], ['OPCODE'])


def test_masks(core):
    for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
        for payload in (b'', b'xx' * 50):
            for key, client, rsv1 in product((None, KEY), (False, True), (False, True)):
                if client == (key is None):
                    continue
                owner = Owner(core, client=client, rsv1=rsv1)
                stream = frames.frame(opcode, payload, key=key)
                assert events_of(owner, stream, 1) == error('MASK')


def test_lengths_that_are_not_minimal(core):
    for n in (0, 1, 125):
        for opcode in (BINARY, PING):
            check(core, [frame(opcode, bytes(n), form=16)], ['LENGTH'])
    for n in (0, 125, 126, 65535):
        for opcode in (BINARY, PONG):
            check(core, [partial(header, opcode, n, form=64)], ['LENGTH'])


def test_lengths_that_nothing_has(core):
    for n in (MAX_LENGTH + 1, 1 << 31, 1 << 32, (1 << 32) + 5, 1 << 62, 1 << 63, (1 << 64) - 1):
        for opcode in (BINARY, PING, 3):
            check(core, [partial(header, opcode, n)], ['TOO_BIG'], limit=MAX_LENGTH)


def test_control_frames(core):
    for opcode in (PING, PONG, CLOSE):
        for part in (
            frame(opcode, bytes(126)),
            partial(header, opcode, 65536),
            frame(opcode, fin=False),
        ):
            check(core, [part], ['CONTROL'])


def test_order_of_messages(core):
    check(core, [frame(CONT, b'x')], ['CONT'])
    check(core, [frame(CONT, b'x', fin=False)], ['CONT'])
    whole = frame(TEXT, 'a', fin=False), frame(CONT, 'b')
    check(core, [*whole, frame(CONT, b'c')], [(TEXT, b'ab'), 'CONT'])
    for opcode in (TEXT, BINARY):
        for fin in (True, False):
            for first in ('', 'a'):
                parts = frame(TEXT, first, fin=False), frame(opcode, b'b', fin=fin)
                check(core, parts, ['NESTED'])


def test_errors_are_found_in_the_header(core):
    """With no byte of the payload there."""
    for opcode, n, rsv, name in (
        (3, 9, 0, 'OPCODE'),
        (TEXT, 9, 4, 'RSV'),
        (PING, 126, 0, 'CONTROL'),
        (CONT, 9, 0, 'CONT'),
        (BINARY, 2001, 0, 'TOO_BIG'),
    ):
        for key in KEYS:
            data = header(opcode, n, key=key, rsv=rsv)
            owner = Owner(core, client=key is None, limit=2000)
            assert events_of(owner, data[:-1], 1) == ([], MORE)
            assert events_of(owner, data[-1:]) == error(name)


def test_which_error_comes_first(core):
    for client in (False, True):
        for i, (_, name) in enumerate(HEADERS):
            wrong = {'opcode': TEXT}
            for defect, _ in HEADERS[i:]:
                wrong.update(defect)
            key = None if wrong.pop('other_mask', False) != client else KEY
            for late in ({}, {'opcode': PING, 'fin': False}, {'opcode': CONT}):
                late = {**wrong, **late} if i != 1 else wrong
                stream = frames.frame(payload=b'x' * 50, key=key, **late)
                owner = Owner(core, client=client, limit=9, max_fragments=1)
                assert events_of(owner, stream) == error(name), (late, client)
    big = frame(BINARY, b'x' * 50)
    check(core, [frame(TEXT, 'a', fin=False), big], ['NESTED'], limit=9, max_fragments=1)
    parts = frame(TEXT, 'a', fin=False), frame(CONT, b'x' * 50)
    check(core, parts, ['TOO_BIG'], limit=9, max_fragments=1)
    check(core, parts, ['FRAGMENTS'], limit=51, max_fragments=1)


def test_invalid_utf8(core):
    for bad in (
        b'\xff',
        b'\xc0\x80',
        b'\xed\xa0\x80',
        b'\xf4\x90\x80\x80',
        b'abc\x80',
        b'\xe2\x82',
    ):
        check(core, [frame(TEXT, bad)], ['UTF8'])
        check(core, [frame(TEXT, b'x' * 200 + bad)], ['UTF8'])
        check(core, [frame(TEXT, b'x', fin=False), frame(CONT, bad)], ['UTF8'])
        check(core, [frame(BINARY, bad), frame(TEXT, bad)], [(BINARY, bad), 'UTF8'])
        check(core, [frame(TEXT, b'x' * 7 + bad)], [(FULL, b'x' * 7), 'UTF8'], into=7)


def test_invalid_utf8_is_found_at_once(core):
    stream = frames.frame(TEXT, b'a' * 10 + b'\xff' + b'a' * 300)
    for step in (1, 2, 100):
        owner = Owner(core)
        at = 8 + 10 + 1
        assert events_of(owner, stream[: at - 1], step) == ([], MORE)
        assert events_of(owner, stream[at - 1 : at], step) == error('UTF8')


# Limits


def test_limit(core):
    for n in (0, 1, 125, 126, 300):
        parts = frame(BINARY, bytes(n)), frame(BINARY, bytes(n + 1))
        check(core, parts, [(BINARY, bytes(n)), 'TOO_BIG'], limit=n)
        for cut in {0, n // 2, n}:
            first = frame(BINARY, bytes(cut), fin=False)
            whole = [first, frame(PING), frame(CONT, bytes(n - cut))]
            check(core, whole, [(PING, b''), (BINARY, bytes(n))], limit=n)
            check(
                core,
                [*whole[:2], frame(CONT, bytes(n - cut + 1))],
                [(PING, b''), 'TOO_BIG'],
                limit=n,
            )


def test_nothing_wraps(core):
    """With sums and differences that leave 32 bits."""
    for total, limit, n in (
        (MAX_LENGTH, MAX_LENGTH, MAX_LENGTH),
        (MAX_LENGTH, 2**32 - 1, 2**32),
        (2**32 - 16, 2**32 - 1, 32),
        (100, 50, 1),
        (100, 50, 0),
        (100, 0, MAX_LENGTH),
    ):
        owner = Owner(core, limit=limit)
        state = owner.state
        state.in_message, state.opcode, state.total = 1, BINARY, total
        events = events_of(owner, header(CONT, n, key=KEY))[0]
        assert events == [(ERRORS['TOO_BIG'],)]


def test_a_limit_that_is_lowered_in_mid_message(core):
    for limit, is_wrong in ((3, True), (100, True), (101, False), (102, False)):
        for key in KEYS:
            owner = Owner(core, client=key is None)
            events_of(owner, frames.frame(BINARY, bytes(100), fin=False, key=key))
            owner.state.limit = limit
            events = events_of(owner, frames.frame(CONT, b'x', key=key))[0]
            assert events == [(ERRORS['TOO_BIG'],) if is_wrong else (BINARY, bytes(100) + b'x')]


def test_a_limit_does_not_count_for_the_frame_that_has_begun(core):
    owner = Owner(core)
    stream = frames.frame(BINARY, bytes(100))
    events_of(owner, stream[:50])
    owner.state.limit = 10
    assert events_of(owner, stream[50:]) == ([(BINARY, bytes(100))], IDLE)


def test_max_fragments(core):
    for part in (b'', b'x'):
        rest = [frame(CONT, part, fin=False)] * 8
        whole = [frame(BINARY, part, fin=False), *rest, frame(CONT, part)]
        for maximum in (0, 10, 11):
            messages = [(BINARY, part * 10)] * 2
            check(core, whole * 2, messages, max_fragments=maximum)
        check(core, whole, ['FRAGMENTS'], max_fragments=9)
        check(core, [*whole[:-1], frame(CONT, part, fin=False)] * 2, ['FRAGMENTS'], max_fragments=9)
        check(core, [frame(BINARY, part), *whole], [(BINARY, part), 'FRAGMENTS'], max_fragments=1)


# Compressed messages


def test_compressed_messages(core):
    parts = (
        frame(TEXT, b'\xff\x00', rsv=4),
        frame(BINARY, b'plain'),
        frame(BINARY, pattern(200), fin=False, rsv=4),
        frame(PING),
        frame(CONT, pattern(200)),
        frame(TEXT, 'plain'),
    )
    expected = [
        (COMPRESSED | TEXT, b'\xff\x00'),
        (BINARY, b'plain'),
        (PING, b''),
        (COMPRESSED | BINARY, pattern(200) * 2),
        (TEXT, b'plain'),
    ]
    check(core, parts, expected, rsv1=True)
    pieces = [(FULL, b'pla'), (BINARY, b'in')]
    expected[1:2] = pieces
    expected[-1:] = [(FULL, b'pla'), (TEXT, b'in')]
    check(core, parts, expected, into=3, rsv1=True)


def test_a_compressed_message_has_memory_of_its_own(core):
    owner = Owner(core, rsv1=True)
    owner.into(1000)
    parts = frame(BINARY, b'abc'), frame(BINARY, b'defgh', rsv=4)
    expected = [(BINARY, b'abc'), (COMPRESSED | BINARY, b'defgh')]
    assert events_of(owner, encoded(parts, KEY))[0] == expected
    assert owner.rooms == [5]


def test_the_limit_of_compressed_messages(core):
    limits = {'rsv1': True, 'limit': 10, 'compressed_limit': 20}
    for opcode in (TEXT, BINARY):
        whole = COMPRESSED | opcode, b'a' * 20
        check(core, [frame(opcode, b'a' * 20, rsv=4)], [whole], **limits)
        check(core, [frame(opcode, b'a' * 21, rsv=4)], ['TOO_BIG'], **limits)
        check(core, [frame(opcode, b'a' * 11)], ['TOO_BIG'], **limits)
        first = frame(opcode, b'a' * 9, fin=False, rsv=4)
        check(core, [first, frame(CONT, b'a' * 11)], [whole], **limits)
        check(core, [first, frame(CONT, b'a' * 12)], ['TOO_BIG'], **limits)
        check(core, [first, frame(CONT, rsv=4)], ['RSV'], **limits)


# Close


def may_be_sent(code):
    """Section 7.4 and the registry that it founds, at the time of writing."""
    return code in range(3000, 5000) or code in (*range(1000, 1004), *range(1007, 1015))


def test_which_close_codes_may_be_sent(c_core):
    for code in range(1 << 16):
        assert bool(c_core.lib.ws_is_close_code(code)) == may_be_sent(code), code
        assert is_close_code(code) == may_be_sent(code), code


def test_close_codes(core):
    for code in (0, 999, 1000, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000):
        good = may_be_sent(code)
        check(core, [close(code)], [(CLOSE, (code, b''))] if good else ['CLOSE'])
        check(core, [close(code, b'\xff')], ['UTF8'] if good else ['CLOSE'])


def test_close(core):
    check(core, [frame(CLOSE)], [(CLOSE, (1005, b''))])
    for byte in (b'\x03', b'\xff'):
        check(core, [frame(CLOSE, byte)], ['CLOSE'])
    for reason in (b'x', 'é'.encode(), pattern(123)[:123].translate(bytes(128) * 2)):
        check(core, [close(1001, reason)], [(CLOSE, (1001, reason))])
    for reason in (b'\xff', b'\xe2\x82', b'a' * 122 + b'\xc3'):
        check(core, [close(1001, reason)], ['UTF8'])
    check(core, [frame(TEXT, 'a', fin=False), close(1000)], [(CLOSE, (1000, b''))])
    check(core, [frame(PING), frame(CLOSE), frame(PING)], [(PING, b''), (CLOSE, (1005, b''))])


def test_what_follows_a_close_is_gone(core):
    owner = Owner(core)
    owner.read(frames.close(1000, 'bye') + frames.frame(TEXT, 'more'))
    assert owner.next() == CLOSE
    assert owner.state.start == owner.state.end
    assert owner.taken(CLOSE) == (CLOSE, (1000, b'bye'))
