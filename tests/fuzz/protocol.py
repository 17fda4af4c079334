"""A differential fuzzer of the protocol: ws_protocol.c, its twin core/rules.py, and a model of
RFC 6455 make the same of any stream, in any pieces, with any limits, wherever its messages go. See
one.py."""

import functools
import tempfile
from collections import namedtuple
from itertools import chain, cycle, repeat
from pathlib import Path

import rules_library
import ws_protocol_library
from frames import BINARY, CLOSE, PONG, TEXT
from hypothesis import given
from hypothesis import strategies as st
from microdot_websocket.core.rules import error
from protocol_owner import BUFFER_MIN, FULL, IDLE, MORE, SKIP, Owner

from . import protocol_model as model
from .streams import ROOMY, connections, limits, piece_sizes

TWIN = rules_library.Core()
AGAIN, SKIP_IT, OBJECTS = 'again', 'skip', 0  # steps of a plan

#: events; pieces: (event, size) of each that messages came in; end: IDLE, MORE or an error; skips:
#: where messages were skipped; asked_at: how much of the stream was there by then; found_close:
#: whether discard() found a Close (None after one).
Served = namedtuple('Served', 'events pieces end skips asked_at found_close')


@functools.lru_cache(None)
def core():
    with tempfile.TemporaryDirectory() as folder:
        return ws_protocol_library.Core(Path(folder))


class Server:
    """Gives an owner a stream, and keeps what comes of it.

    plan: what it does between two calls. A number: messages that begin go into a buffer of that
    size; OBJECTS: into memory of their own; SKIP_IT: the message in progress is passed over;
    AGAIN: it looks twice; None: nothing."""

    def __init__(self, owner, stream, sizes, limits, plan):
        self.owner = owner
        self.stream = stream
        self.sizes = chain(sizes * 100, repeat(ROOMY))  # not all of a long one in the shortest
        self.limits = limits
        self.plan = cycle(plan)
        self.at = 0
        self.events = []
        self.skips = []
        self.pieces = []
        self.message = b''  # the pieces of the one in progress

    def limits_after(self, n_events):
        return self.limits[n_events % len(self.limits)]

    def read(self):
        piece = self.stream[self.at : self.at + next(self.sizes)]
        self.at += self.owner.read(piece)

    def act(self):
        """A step of the plan; what next() says then."""
        owner, step = self.owner, next(self.plan)
        state = owner.state
        limits = self.limits_after(len(self.events))
        state.limit, state.max_fragments, state.compressed_limit = limits
        if step == SKIP_IT:
            if state.in_message and state.sink != SKIP:
                self.message = b''
                self.skips.append(self.at - (state.end - state.start))
                owner.skip()
        elif step not in (AGAIN, None) and not state.in_message and not state.arrived:
            owner.into(step or None)
        event = owner.next()
        if step == AGAIN and event in (IDLE, MORE):
            assert owner.next() == event
        return event

    def take(self, event):
        """Keep an event; a message's pieces are put together."""
        got = self.owner.taken(event)
        if event in (TEXT, BINARY, FULL):
            self.pieces.append((event, len(got[1])))
            self.message += got[1]
            if event == FULL:
                return
            got, self.message = (got[0], self.message), b''
        self.events.append(got)

    def serve(self, leave_at, abrupt):
        """Up to a Close, an error, or leave_at; then discard what comes. abrupt: leave after a
        read, not before."""
        leave_at = min(leave_at, len(self.stream))
        while True:
            asked_at = self.at
            event = self.act()
            if event < FULL:
                break
            if event not in (IDLE, MORE):
                self.take(event)
                if event == CLOSE:
                    return self.served(0, self.at, None)
                continue
            if self.at >= leave_at:
                break
            self.read()
            if abrupt and self.at >= leave_at:
                break
        return self.served(event, asked_at, self.discard())

    def served(self, end, asked_at, found_close):
        return Served(self.events, self.pieces, end, self.skips, asked_at, found_close)

    def discard(self):
        while not self.owner.discard():
            if self.at == len(self.stream):
                return False
            self.read()
        return True


def in_words(event):
    """An event as the model has it."""
    opcode, data = event
    if opcode == CLOSE:
        return opcode, (data[0], data[1].decode())
    if opcode == PONG:
        return opcode, None
    return opcode, data.decode() if opcode == TEXT else data


def check(served, server, role):
    """That it is what the model of RFC 6455 makes of the stream."""
    stream = server.stream
    expected = model.outcome(stream[: served.asked_at], server.limits_after, role, served.skips)
    assert [in_words(event) for event in served.events] == expected.events
    if served.end < FULL:
        assert error(served.end)[0] in expected.codes
    else:
        assert not expected.codes
        if served.found_close is not None:
            assert served.end == (IDLE if expected.missing == 0 else MORE)
    if served.found_close is not None:
        assert served.found_close == model.has_close(stream, expected.at)


steps = st.sampled_from((None, AGAIN, SKIP_IT, OBJECTS, 1000, 100_000)) | st.integers(1, 60)
plans = st.sampled_from(([None], [AGAIN], [None, SKIP_IT])) | st.lists(
    steps, min_size=1, max_size=6
)


@given(
    connection=connections(),
    sizes=piece_sizes,
    buffer_size=st.integers(BUFFER_MIN, 300) | st.just(2048),
    least=st.integers(1, 300),
    limits=st.just([model.Limits(ROOMY, 0, ROOMY)]) | st.lists(limits, min_size=1, max_size=3),
    plan=plans,
    leave_at=st.sampled_from((ROOMY, ROOMY, ROOMY, 50, 200)) | st.integers(0, 1000),
    abrupt=st.booleans(),
)
def protocol(connection, sizes, buffer_size, least, limits, plan, leave_at, abrupt):
    role, stream = connection
    results = []
    for kind in (core(), TWIN):
        owner = Owner(kind, not role.from_client, role.rsv1, buffer_size, least)
        server = Server(owner, stream, sizes, limits, plan)
        results.append(server.serve(leave_at, abrupt))
    native, twin = results
    assert native == twin
    check(native, server, role)


TESTS = (protocol,)
