"""ws_protocol.c itself, driven as its header says by the owner in ws_protocol_library.py: messages,
the memory for them, and control frames between them."""

from functools import partial

import frames
from frames import BINARY, CONT, KEY, PING, PONG, TEXT, header, pattern
from protocol_owner import BUFFER_MIN, FULL, IDLE, MORE, ROOM, Owner
from ws_protocol_feeding import KEYS, check, encoded, error, events_of, frame

# Messages


def test_text_and_binary(core):
    check(core, [frame(TEXT, 'Hello')], [(TEXT, b'Hello')])
    check(core, [frame(BINARY, b'\x00\xff')], [(BINARY, b'\x00\xff')])
    check(core, [frame(TEXT), frame(BINARY)], [(TEXT, b''), (BINARY, b'')])


def test_every_form_of_the_length(core):
    for n in (1, 124, 125, 126, 127, 138, 139, 140, 1000):
        text = 'é' * (n // 2) + 'x' * (n % 2)
        parts = frame(BINARY, pattern(n)), frame(TEXT, text)
        check(core, parts, [(BINARY, pattern(n)), (TEXT, text.encode())])


def test_long_messages(core):
    for n in (65535, 65536, 65537):
        for key in KEYS:
            for size in (BUFFER_MIN, 2048, 100_000):
                owner = Owner(core, client=key is None, buffer_size=size)
                stream = encoded([frame(BINARY, pattern(n)), frame(PING)], key)
                assert events_of(owner, stream) == ([(BINARY, pattern(n)), (PING, b'')], IDLE)
                if size < n:
                    assert owner.rooms == [n]


def test_fragments(core):
    for parts in (('a', 'bc'), ('', 'a', ''), ('a' * 100, 'é' * 100, 'b'), ('x',) * 20, ('',) * 3):
        for opcode in (TEXT, BINARY):
            fragments = [
                frame(CONT if i else opcode, part, fin=i == len(parts) - 1)
                for i, part in enumerate(parts)
            ]
            check(core, fragments, [(opcode, ''.join(parts).encode())])


def test_characters_split_between_fragments(core):
    data = 'é€😀'.encode()
    for at in range(len(data) + 1):
        parts = frame(TEXT, data[:at], fin=False), frame(CONT, data[at:])
        check(core, parts, [(TEXT, data)])


def test_control_frames_between_fragments(core):
    parts = (
        frame(PING, b'1'),
        frame(BINARY, b'a' * 200, fin=False),
        frame(PING, pattern(125)),
        frame(CONT, b'b' * 200, fin=False),
        frame(PONG, b'3'),
        frame(PING),
        frame(CONT, b'c'),
    )
    message = b'a' * 200 + b'b' * 200 + b'c'
    controls = [(PING, b'1'), (PING, pattern(125)), (PONG, b'3'), (PING, b'')]
    check(core, parts, [*controls, (BINARY, message)])


# Memory


def test_room_is_asked_for_by_the_headers(core):
    """Before there is any of the payload, and what has come is kept."""
    owner = Owner(core)
    first = frame(BINARY, b'abc', fin=False)(key=KEY)
    events_of(owner, first[:6])
    assert owner.rooms == [3]
    events_of(owner, first[6:] + header(CONT, 200, key=KEY))
    assert owner.rooms == [3, 203]
    assert events_of(owner, bytes(frames.masked(bytes(200)))) == (
        [(BINARY, b'abc' + bytes(200))],
        IDLE,
    )
    events_of(owner, frames.frame(BINARY) + frames.frame(BINARY, b'x'), 1)
    assert owner.rooms == [3, 203, 1]  # nothing is needed for an empty one


def test_room_is_not_asked_for_twice(core):
    """A room that is larger than need be serves later fragments."""
    owner = Owner(core)
    give_room = owner.give_room

    def give_more(state):
        give_room(state)
        state.msg = state.put_message(bytes(50))
        state.room = 50

    owner.give_room = give_more
    parts = [frame(BINARY, b'ab', fin=False), frame(CONT, b'c' * 48)]
    assert events_of(owner, encoded(parts, KEY)) == ([(BINARY, b'ab' + b'c' * 48)], IDLE)
    assert owner.rooms == [2]


def test_what_is_read_straight_to_the_message(core):
    for key in KEYS:
        for opcode, payload in ((BINARY, pattern(1000)), (TEXT, 'é'.encode() * 500)):
            stream = frames.frame(opcode, payload, key=key)
            size = len(stream) - 1000
            for step in (1, 3, 64, 999):
                owner = Owner(core, client=key is None, least=1)
                assert events_of(owner, stream[: size + 3]) == ([], MORE)
                assert owner.state.direct(997) == 997
                assert owner.state.direct(998) == 0
                got = events_of(owner, stream[size + 3 :], step)
                assert got == ([(opcode, payload)], IDLE)
                assert owner.state.end <= size + 3  # nothing has gone through buf since


def test_what_may_not_be_read_straight(core):
    owner = Owner(core)
    stream = frames.frame(BINARY, bytes(500))
    direct = partial(owner.state.direct, 1)
    assert direct() == 0  # nothing has begun
    events_of(owner, stream[:7])
    assert direct() == 0  # a part of a header waits in buf
    owner.read(stream[7:20])
    assert owner.state.next() == ROOM
    assert direct() == 0  # there is no room
    owner.next()
    assert direct() == 488
    owner.read(b'x' * 9, to_buf=True)
    assert direct() == 0  # what has arrived before comes first
    owner.next()
    assert direct() == 479
    owner.skip()
    assert direct() == 0


def test_straight_to_a_buffer_goes_what_fits(core):
    owner = Owner(core, least=1)
    owner.into(100)
    events_of(owner, frames.frame(BINARY, bytes(300))[:18])
    assert owner.state.direct(1) == 90
    events, end = events_of(owner, frames.masked(bytes(300))[10:])
    assert events == [(FULL, bytes(100))] * 2 + [(BINARY, bytes(100))]


# Pieces


def test_pieces(core):
    for n in (0, 1, 6, 7, 8, 13, 14, 15, 300):
        for size in (1, 7, 8, 299, 300, 301):
            data = pattern(n)
            cuts = range(0, max(n - 1, 0) // size * size, size)
            expected = [(FULL, data[at : at + size]) for at in cuts]
            expected.append((BINARY, data[len(cuts) * size :]))
            check(core, [frame(BINARY, data)], expected, into=size)


def test_pieces_of_fragments(core):
    """A buffer that a fragment fills is not full until more comes."""
    parts = (
        frame(TEXT, 'abcd', fin=False),
        frame(PING, b'!'),
        frame(CONT, 'é', fin=False),
        frame(CONT, ''),
        frame(BINARY, b'1234', fin=False),
        frame(CONT),
    )
    expected = [(PING, b'!'), (FULL, b'abcd'), (TEXT, 'é'.encode()), (BINARY, b'1234')]
    check(core, parts, expected, into=4)


def test_another_buffer_for_the_next_piece(core):
    owner = Owner(core)
    owner.into(3)
    got, size, stream = [], 3, frames.frame(BINARY, pattern(20))
    owner.read(stream)
    while (event := owner.next()) == FULL:
        got.append(owner.taken(event)[1])
        size += 2
        owner.into(size)
    got.append(owner.taken(event)[1])
    assert got == [pattern(3), pattern(8)[3:], pattern(15)[8:], pattern(20)[15:]]


def test_a_message_goes_where_it_has_begun_to(core):
    owner = Owner(core)
    owner.read(frames.frame(BINARY, b'ab', fin=False))
    owner.next()
    owner.state.next_sink = 1  # without a buffer yet: one is given when this message has been taken
    owner.piece = 2
    parts = frames.frame(CONT, b'cde') + frames.frame(BINARY, b'fgh')
    assert events_of(owner, parts)[0] == [(BINARY, b'abcde'), (FULL, b'fg'), (BINARY, b'h')]


# Messages that are passed over


def test_skip(core):
    """From each byte of a message on, wherever it goes; what follows it is the next message."""
    for key in KEYS:
        parts = frame(BINARY, pattern(40), fin=False), frame(PING, b'!'), frame(CONT, bytes(20))
        message = encoded(parts, key)
        stream = message + frames.frame(TEXT, 'next', key=key)
        for into in (None, 7, 100):
            for at in range(2 + 4 * (key is not None), len(message)):
                owner = Owner(core, client=key is None, least=1)
                owner.into(into)
                before = events_of(owner, stream[:at], 5)[0]
                owner.skip()
                events = [*before, *events_of(owner, stream[at:], 5)[0]]
                assert [event for event in events if event[0] != FULL] == [
                    (PING, b'!'),
                    (TEXT, b'next'),
                ]


def test_skip_of_what_was_read_straight(core):
    owner = Owner(core, least=1)
    stream = frames.frame(TEXT, 'a' * 100)
    events_of(owner, stream[:20])
    owner.read(stream[20:50])
    owner.skip()
    assert events_of(owner, stream[50:] + frames.frame(BINARY, b'x')) == ([(BINARY, b'x')], IDLE)
    owner = Owner(core, least=1)
    stream = frames.frame(TEXT, b'a' * 40 + b'\xff' + b'a' * 60)
    events_of(owner, stream[:20])
    owner.read(stream[20:50])
    owner.skip()
    assert events_of(owner, stream[50:]) == error('UTF8')


def test_what_is_skipped_is_checked(core):
    for rest, name in (
        (frame(CONT, b'\xff'), 'UTF8'),
        (frame(CONT, b'\xe2\x82'), 'UTF8'),
        (frame(TEXT), 'NESTED'),
        (frame(CONT, fin=False), 'FRAGMENTS'),
    ):
        for key in KEYS:
            owner = Owner(core, client=key is None, max_fragments=3)
            events_of(owner, encoded([frame(TEXT, 'a' * 9, fin=False)], key))
            owner.skip()
            parts = frame(CONT, b'b', fin=False), frame(CONT, b'c', fin=False), rest
            parts = parts if name == 'FRAGMENTS' else parts[1:]
            assert events_of(owner, encoded(parts, key), 1) == error(name)


def test_what_is_skipped_has_no_limit(core):
    owner = Owner(core, limit=10)
    events_of(owner, frames.frame(BINARY, b'a' * 9, fin=False))
    owner.skip()
    stream = frames.frame(CONT, bytes(500), fin=False) + frames.frame(CONT, bytes(500))
    assert events_of(owner, stream, 100) == ([], IDLE)
    assert events_of(owner, frames.frame(BINARY, bytes(10))) == ([(BINARY, bytes(10))], IDLE)
    assert events_of(owner, frames.frame(BINARY, bytes(11))) == error('TOO_BIG')


def test_skip_from_the_beginning(core):
    owner = Owner(core)
    owner.state.next_sink = 2
    stream = frames.frame(TEXT, 'a' * 200) + frames.frame(PING) + frames.frame(BINARY, b'b' * 200)
    assert events_of(owner, stream, 9) == ([(PING, b'')], IDLE)
    assert not owner.rooms
    owner.into(None)
    assert events_of(owner, frames.frame(BINARY, b'c')) == ([(BINARY, b'c')], IDLE)


def test_frames_that_have_begun_are_counted(core):
    """Of messages that are not whole yet: so the owner sees that the peer gets on."""
    owner = Owner(core)
    for n in range(1, 4):
        first = frame(CONT if n > 1 else BINARY, b'x' * 9, fin=False)
        events_of(owner, encoded([first, frame(PING)], KEY))
        assert owner.state.frames == n


def test_hold(core):
    """No message begins but one that is whole, plain and within the limit."""
    for part, held in (
        (frame(TEXT, 'x' * 100), False),
        (frame(BINARY, bytes(101)), True),
        (frame(TEXT, 'x', fin=False), True),
        (frame(BINARY, b'x', rsv=4), True),
        (frame(PING), False),
    ):
        owner = Owner(core, rsv1=True, limit=100)
        owner.state.hold = True
        owner.read(encoded([part], KEY))
        assert (owner.next() == FULL) is held, part
