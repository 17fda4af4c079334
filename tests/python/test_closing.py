"""What is passed over on the way to the peer's Close. The closing handshake itself is tested in
test_websocket_close.py."""

import unittest

from feeding import BUFFER, Source, feed
from frames import BINARY, CONT, PING, TEXT, close, frame, header
from microdot_websocket._closing import discard
from microdot_websocket.protocol import Protocol, ProtocolError


class TestDiscarding(unittest.TestCase):
    def discards(self, protocol, source):
        """Whether a Close is found in what is left."""
        while not discard(protocol):
            if not source.give(protocol):
                return False
        return True

    def test_until_the_close(self):
        before = frame(TEXT, 'a', fin=False) + frame(PING, b'x') + frame(BINARY, bytes(500))
        before += frame(BINARY, bytes(200), form=64)  # which discard() accepts
        for step in (1, 7, 1000):
            self.assertTrue(self.discards(Protocol(BUFFER), Source(before + close(1000), step)))
            self.assertFalse(self.discards(Protocol(BUFFER), Source(before, step)))

    def test_after_each_error(self):
        bad = (
            frame(TEXT, b'x' * 200 + b'\xff' + b'y' * 300),
            frame(BINARY, bytes(601)),
            frame(3, bytes(500)),
            frame(TEXT, b'x', rsv=7),
            frame(TEXT, b'x' * 200, key=None),
            frame(PING, bytes(126)),
            frame(CONT, b'x'),
            frame(BINARY, b'x' * 200, fin=False) * 2,
            frame(BINARY, b'x', fin=False) + frame(CONT, b'x' * 200, fin=False) * 3,
        )
        for data in bad:
            for step in (1, 7, 1000):
                protocol = Protocol(BUFFER)
                protocol.limit = 600
                protocol.max_fragments = 3
                source = Source(data + close(1000), step)
                with self.assertRaises(ProtocolError):
                    while protocol.next_event() <= 0:
                        source.give(protocol)
                self.assertTrue(self.discards(protocol, source), (data[:9], step))

    def test_the_close_that_is_itself_wrong(self):
        protocol = Protocol(BUFFER)
        self.assertEqual(feed(protocol, close(1005), 99), [('error', 1002)])
        self.assertTrue(discard(protocol))

    def test_in_the_middle_of_a_large_payload(self):
        for have in (0, 1, 100, 400):
            protocol = Protocol(BUFFER)
            data = frame(BINARY, bytes(1000))
            self.assertEqual(feed(protocol, data[: 8 + have], 100), [])
            self.assertTrue(self.discards(protocol, Source(data[8 + have :] + close(), 100)))

    def test_after_a_length_that_cannot_be(self):
        protocol = Protocol(BUFFER)
        self.assertEqual(feed(protocol, header(BINARY, 1 << 63), 99), [('error', 1009)])
        self.assertFalse(self.discards(protocol, Source(bytes(5000) + close(), 1000)))
