"""Giving ws_protocol.c, or its twin, frames in all the ways that they may come in: to both roles,
whole, byte by byte, in other pieces, and with more behind them."""

from functools import partial

import frames
from frames import CLOSE, KEY, TEXT
from protocol_owner import ERRORS, FULL, IDLE, MORE, Owner

KEYS = KEY, None  # of frames to a server and to a client
STEPS = 1, 2, 3, 7, 139, 1 << 30
TRAILING = (b'', partial(frames.frame, TEXT, 'next'), partial(frames.frame, CLOSE), b'\x00' * 3)


def frame(opcode, payload=b'', fin=True, **more):
    """A frame that lacks its mask key, which depends on the role."""
    return partial(frames.frame, opcode, payload, fin, **more)


def close(code, reason=b''):
    return frame(CLOSE, code.to_bytes(2, 'big') + reason)


def encoded(parts, key):
    return b''.join(part if isinstance(part, bytes) else part(key=key) for part in parts)


def events_of(owner, stream, step=1 << 30):
    """(the events up to a Close or an error, what ws_next() said at the stream's end)"""
    events, at = [], 0
    while True:
        event = owner.next()
        if event in (IDLE, MORE):
            if at == len(stream):
                return events, event
            at += owner.read(stream[at : at + step])
        else:
            events.append(owner.taken(event))
            if event == CLOSE or event < FULL:
                return events, None


def error(name):
    """What events_of() returns of nothing but an error."""
    return [(ERRORS[name],)], None


def check(core, parts, expected, into=None, **options):
    """Give the frames to both roles in all ways; `expected` are events, the errors by name."""
    expected = [(ERRORS[event],) if isinstance(event, str) else event for event in expected]
    for key in KEYS:
        for trailing in TRAILING:
            stream = encoded([*parts, trailing], key)
            for step in STEPS:
                owner = Owner(core, client=key is None, **options)
                owner.into(into)
                events, end = events_of(owner, stream, step)
                assert events[: len(expected)] == expected, (key, trailing, step)
                if not trailing and end is not None:
                    assert events == expected and end == IDLE
