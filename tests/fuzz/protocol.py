"""A protocol fuzzer: Protocol is fed any stream, in any pieces and with any limits, and must do
what the model of RFC 6455 does with the whole of it. See one.py."""

from itertools import chain, repeat

from frames import BINARY, CLOSE, PING, PONG, TEXT
from hypothesis import given
from hypothesis import strategies as st
from microdot_websocket._closing import discard
from microdot_websocket._deadlines import bytes_missing
from microdot_websocket._pieces import Pieces, _Reader
from microdot_websocket.protocol import Protocol, ProtocolError, close_payload

from . import protocol_model as model
from .streams import ROOMY, limits, piece_sizes, streams

CLOSE_CODES = {1002, 1007, 1008, 1009}  # of the errors that protocol.py documents
DATA = {TEXT: str, BINARY: bytes, PING: bytes}


def read(protocol, data):
    """Give the protocol what it takes of the data; how many bytes that was."""

    def readinto(buf):
        assert len(buf) and not memoryview(buf).readonly
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        buf[n:] = b'\xee' * (len(buf) - n)  # nothing says what is there
        return n

    return protocol.read(readinto)


def event_and_data(protocol):
    """What next_event() returns, and what comes with it."""
    event = protocol.next_event()
    if event == CLOSE:
        return event, (protocol.close_code, protocol.close_reason)
    if event in DATA:
        assert type(protocol.data) is DATA[event]
        return event, protocol.data
    assert event in (0, -1, PONG)
    return event, None


def serve(protocol, stream, sizes, limits_after, leave_at, cancelled=False, abrupt=False):
    """Read the stream in pieces of these sizes up to a Close, an error, or leave_at; then discard
    what comes. cancelled: read only at the second attempt. abrupt: leave after a read, not before.

    Returns the events, the error or None, what bytes_missing() said, how much of the stream was
    there by then, and whether discard() found a Close (None after one)."""
    at, events, error, missing = 0, [], None, 0
    sizes = chain(sizes * 100, repeat(ROOMY))  # not all of a long stream in the shortest ones
    while True:
        asked_at = at
        protocol.limit, protocol.max_fragments = limits_after(len(events))
        try:
            event, data = event_and_data(protocol)
        except ProtocolError as exc:
            error = exc
            break
        if event > 0:
            events.append((event, data))
            if event == CLOSE:
                return events, None, 0, at, None
            continue
        missing = bytes_missing(protocol)
        assert bool(missing) == (event == -1)
        if at >= min(leave_at, len(stream)):
            break
        if cancelled:
            assert protocol.read(lambda buf: None) is None
            assert protocol.next_event() == event
        at += read(protocol, stream[at : at + next(sizes)])
        if abrupt and at >= leave_at:
            break
    while not discard(protocol):
        if at == len(stream):
            return events, error, missing, asked_at, False
        at += read(protocol, stream[at : at + next(sizes)])
    return events, error, missing, asked_at, True


def outcome(served):
    events, error, missing, _, found_close = served
    return events, error and error.args or missing, found_close


@given(
    stream=streams(),
    sizes=piece_sizes,
    buffer_size=st.integers(0, 300) | st.just(2048),
    limits=st.just([(ROOMY, 0)]) | st.lists(limits, min_size=1, max_size=3),
    leave_at=st.just(ROOMY) | st.integers(0, 1000),
    from_client=st.sampled_from((True, True, True, False)),
    cancelled=st.booleans(),
    abrupt=st.booleans(),
)
def any_stream(stream, sizes, buffer_size, limits, leave_at, from_client, cancelled, abrupt):
    def limits_after(n_events):
        return limits[n_events % len(limits)]

    protocol = Protocol(buffer_size, from_client)
    served = serve(protocol, stream, sizes, limits_after, leave_at, cancelled, abrupt)
    events, error, missing, asked_at, found_close = served
    expected = model.outcome(stream[:asked_at], limits_after, from_client)
    assert events == expected.events
    if error:
        assert error.args[0] in expected.codes & CLOSE_CODES
        close_payload(*error.args)  # it may be sent
    else:
        assert not expected.codes
        assert missing == (1 if expected.missing is None else expected.missing)
    if found_close is not None:
        assert found_close == model.has_close(stream, expected.at)
    if leave_at > len(stream):
        # Any split has the same outcome.
        whole = serve(Protocol(2048, from_client), stream, [ROOMY], limits_after, leave_at)
        assert outcome(whole) == outcome(served)


@given(
    stream=streams(),
    sizes=piece_sizes,
    size=st.integers(1, 400) | st.just(5000),
    plan=st.lists(st.sampled_from(('whole', 'pieces', 'leave')), min_size=1, max_size=4),
)
def in_pieces(stream, sizes, size, plan):
    """receive(), stream(), and stream() that is left early, in any order."""
    protocol = Pieces(Protocol(200))
    sizes = chain(sizes * 100, repeat(ROOMY))
    at, events, error, n, left, pieces = 0, [], None, 0, [], b''
    reader = None if plan[0] == 'whole' else _Reader(bytearray(size))
    while True:
        protocol.limit, protocol.reader = ROOMY, reader
        try:
            event = protocol.next_event()
        except ProtocolError as exc:
            error = exc
            break
        if event in (TEXT, BINARY):
            data = protocol.data
            if reader:
                pieces += data
                data = pieces.decode() if event == TEXT and not protocol.owner else pieces
            if protocol.owner and plan[n % len(plan)] == 'pieces':
                continue
            if protocol.owner:
                left.append(n)
            events.append((event, data))
            pieces = b''
            n += 1
            reader = None if plan[n % len(plan)] == 'whole' else _Reader(bytearray(size))
        elif event == CLOSE:
            events.append((event, (protocol.close_code, protocol.close_reason)))
            break
        elif event > 0:
            events.append((event, protocol.data if event == PING else None))
        elif at == len(stream):
            break
        else:
            at += read(protocol, stream[at : at + next(sizes)])
    expected = model.outcome(stream, lambda n_events: (ROOMY, 0), True)
    assert (error.args[0] in expected.codes) if error else not expected.codes
    check_left(events, expected.events, left)


def check_left(events, expected, left):
    """That the events are those, but for messages that were left after their first piece: there may
    be no end of the last of them."""

    def split(events):
        messages = [event for event in events if event[0] <= BINARY]
        return messages, [event for event in events if event[0] > BINARY]

    messages, others = split(events)
    expected_messages, expected_others = split(expected)
    assert others == expected_others
    if len(messages) - 1 in left and len(expected_messages) == len(messages) - 1:
        messages.pop()
    assert len(messages) == len(expected_messages)
    for i, (got, wanted) in enumerate(zip(messages, expected_messages)):
        if i in left:
            payload = wanted[1].encode() if wanted[0] == TEXT else wanted[1]
            assert got[0] == wanted[0] and payload.startswith(got[1])
        else:
            assert got == wanted


TESTS = any_stream, in_pieces
