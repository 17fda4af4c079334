"""A protocol fuzzer: Protocol is fed any stream, in any pieces and with any limits, and must do
what the model of RFC 6455 does with the whole of it. See one.py."""

from itertools import chain, repeat

from frames import BINARY, CLOSE, PING, PONG, TEXT
from hypothesis import given
from hypothesis import strategies as st
from microdot_websocket._closing import discard
from microdot_websocket._deadlines import bytes_missing
from microdot_websocket.protocol import Protocol, ProtocolError, close_payload

from . import protocol_model as model
from .streams import ROOMY, limits, piece_sizes, streams

CLOSE_CODES = {1002, 1007, 1008, 1009}  # of the errors that protocol.py documents
DATA = {TEXT: str, BINARY: bytes, PING: bytes}


def read(protocol, data):
    """Give the protocol what it takes of the data; how many bytes that was."""
    buf = protocol.get_buffer()
    assert len(buf) and not buf.readonly
    n = min(len(buf), len(data))
    buf[:n] = data[:n]
    buf[n:] = b'\xee' * (len(buf) - n)  # nothing says what is there
    protocol.buffer_updated(n)
    return n


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
            protocol.get_buffer()
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
    return events, error and (error.code, error.reason) or missing, found_close


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
        assert error.code in expected.codes & CLOSE_CODES
        close_payload(error.code, error.reason)  # it may be sent
    else:
        assert not expected.codes
        assert missing == (1 if expected.missing is None else expected.missing)
    if found_close is not None:
        assert found_close == model.has_close(stream, expected.at)
    if leave_at > len(stream):
        # Any split has the same outcome.
        whole = serve(Protocol(2048, from_client), stream, [ROOMY], limits_after, leave_at)
        assert outcome(whole) == outcome(served)


TESTS = (any_stream,)
