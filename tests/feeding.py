"""Feeding a protocol bytes: whole, one by one, in other pieces, and with trailing data."""

import unittest

from capacity import sample
from frames import BINARY, CLOSE, PONG, TEXT, frame
from microdot_websocket.protocol import Protocol, ProtocolError

STEPS = (1, 2, 3, 7, 139, 1000000)
TRAILING = (b'', frame(TEXT, 'next'), b'\x00' * 3)
WAYS = sample([(trailing, step) for trailing in TRAILING for step in STEPS], 9)
BUFFER = 160


class Source:
    """Bytes on their way to a protocol, in pieces of `step` bytes at most."""

    def __init__(self, data, step):
        self.data = memoryview(data)
        self.step = step
        self.at = 0

    def give(self, protocol):
        """The next piece; False if all have been given."""
        return bool(protocol.read(self.readinto))

    def readinto(self, buf):
        n = min(len(buf), self.step, len(self.data) - self.at)
        buf[:n] = self.data[self.at : self.at + n]
        self.at += n
        return n


def feed(protocol, data, step):
    """Feed `data`; collect the events until it is used up, or until a Close or an error."""
    source = Source(data, step)
    events = []
    try:
        while True:
            event = protocol.next_event()
            if event <= 0:
                if not source.give(protocol):
                    return events
            elif event == PONG:
                events.append((PONG, None))
            elif event == CLOSE:
                events.append((CLOSE, (protocol.close_code, protocol.close_reason)))
                return events
            else:
                events.append((event, protocol.data))
    except ProtocolError as exc:
        events.append(('error', exc.args[0]))
        return events


def pieces_of(protocol, source, reader):
    """(event, bytes) for each piece of the next message, and each control frame; or the error."""
    pieces = []
    protocol.reader = reader
    try:
        while True:
            event = protocol.next_event()
            if event <= 0:
                if not source.give(protocol):
                    return pieces
            elif event > BINARY:
                pieces.append((event, protocol.data))
            else:
                pieces.append((event, bytes(protocol.data)))
                if not protocol.owner:
                    return pieces
    except ProtocolError as exc:
        return pieces + [('error', exc.args[0])]


def split(payload, opcode, size):
    """What pieces_of() returns of a message."""
    return [(opcode, bytes(payload[i : i + size])) for i in range(0, len(payload), size)]


class ProtocolTestCase(unittest.TestCase):
    def check(self, data, expected, limit=None, max_fragments=0, from_client=True):
        """Feed `data` in all the ways; `expected`: (event, what comes with it) pairs."""
        for trailing, step in WAYS:
            with self.subTest(step=step, trailing=trailing):
                protocol = Protocol(BUFFER, from_client)
                if limit is not None:
                    protocol.limit = limit
                protocol.max_fragments = max_fragments
                events = feed(protocol, data + trailing, step)
                self.assertEqual(events[: len(expected)], expected)
                if not trailing:
                    self.assertEqual(len(events), len(expected))
                for event, got in zip(expected, events):
                    self.assertIs(type(got[1]), type(event[1]))

    def check_error(self, data, code, **options):
        self.check(data, [('error', code)], **options)
