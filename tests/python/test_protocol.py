"""The protocol without a socket: what it makes of messages, how it discards, what is sent."""

import unittest

from capacity import fitting, sample
from feeding import BUFFER, STEPS, ProtocolTestCase, Source, feed
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame, pattern
from microdot_websocket import protocol as rfc
from microdot_websocket._closing import discard
from microdot_websocket.protocol import Protocol


class TestMessages(ProtocolTestCase):
    def test_text_and_binary(self):
        self.check(frame(TEXT, 'Hello'), [(TEXT, 'Hello')])
        self.check(frame(BINARY, b'\x00\xff'), [(BINARY, b'\x00\xff')])

    def test_empty_messages_are_delivered(self):
        self.check(frame(TEXT) + frame(BINARY), [(TEXT, ''), (BINARY, b'')])
        fragments = frame(BINARY, fin=False) + frame(CONT, fin=False) + frame(CONT)
        self.check(fragments, [(BINARY, b'')])

    def test_every_form_of_the_length(self):
        # Where the longest is too long, it is still refused: see test_protocol_errors.py.
        for n in fitting(1, 124, 125, 126, 127, 1000, 65535, 65536, 65537):
            payload = pattern(n)
            text = 'é' + 'x' * (n - 2) if n > 1 else 'x'
            data = frame(BINARY, payload) + frame(TEXT, text)
            for step in sample(STEPS, 3) if n < 1000 else STEPS[4:]:
                events = feed(Protocol(BUFFER), data, step)
                self.assertEqual(events, [(BINARY, payload), (TEXT, text)], (n, step))

    def test_whatever_the_buffer_size(self):
        lengths = sample(range(0, 600, 7), 5)
        data = b''.join([frame(BINARY, bytes(n)) + frame(PING, bytes(n % 126)) for n in lengths])
        for size in (0, 139, 140, 256, 600, 2048):
            events = feed(Protocol(size), data, 1000)
            self.assertEqual([len(d) for e, d in events if e == BINARY], lengths, size)
            self.assertEqual([len(d) for e, d in events if e == PING], [n % 126 for n in lengths])

    def test_messages_are_independent_objects(self):
        events = feed(Protocol(BUFFER), frame(BINARY, b'a' * 300) + frame(BINARY, b'b' * 300), 99)
        self.assertEqual(events, [(BINARY, b'a' * 300), (BINARY, b'b' * 300)])
        # A message made in place must be like any other bytes object, as a dict key too.
        found = {bytes(bytearray(b'a' * 300)): 1, b'x': 2, b'y': 3, b'z': 4}
        self.assertEqual(found.get(events[0][1]), 1)
        self.assertEqual(hash(events[1][1]), hash(b'b' * 300))

    def test_fragments(self):
        for parts in (('a', 'bc'), ('', 'a', ''), ('a' * 100, 'é' * 100, 'b'), ('x',) * 20):
            for opcode in (TEXT, BINARY):
                data = b''
                for i, part in enumerate(parts):
                    data += frame(CONT if i else opcode, part, fin=i == len(parts) - 1)
                whole = ''.join(parts)
                self.check(data, [(opcode, whole if opcode == TEXT else whole.encode())])

    def test_characters_split_between_fragments(self):
        data = 'é€😀'.encode()
        for at in range(len(data) + 1):
            parts = frame(TEXT, data[:at], fin=False) + frame(CONT, data[at:])
            self.check(parts, [(TEXT, 'é€😀')])

    def test_control_frames_between_fragments(self):
        data = (
            frame(PING, b'1')
            + frame(BINARY, b'a' * 200, fin=False)
            + frame(PING, b'2' * 125)
            + frame(CONT, b'b' * 200, fin=False)
            + frame(PONG, b'3')
            + frame(PING)
            + frame(CONT, b'c')
        )
        message = b'a' * 200 + b'b' * 200 + b'c'
        pings = [(PING, b'1'), (PING, b'2' * 125), (PONG, None), (PING, b''), (BINARY, message)]
        self.check(data, pings)

    def test_close_between_fragments(self):
        self.check(frame(TEXT, 'a', fin=False) + close(1001), [(CLOSE, (1001, ''))])

    def test_unmasked_frames_where_they_are_allowed(self):
        data = frame(TEXT, 'Hello', key=None) + frame(BINARY, b'x' * 500, key=None)
        self.check(data, [(TEXT, 'Hello'), (BINARY, b'x' * 500)], from_client=False)


class TestBuffer(unittest.TestCase):
    def setUp(self):
        rfc._spare.clear()

    def test_those_that_wait_share_it(self):
        protocols = [Protocol(200) for _ in range(3)]
        spare = rfc._spare[200]
        for _ in range(2):
            for protocol in protocols:
                events = feed(protocol, frame(BINARY, bytes(90)) * 3, 200)
                self.assertEqual(events, [(BINARY, bytes(90))] * 3)
                self.assertIs(protocol._buf, None)
        self.assertIs(rfc._spare[200], spare)

    def test_not_those_in_the_middle_of_a_frame(self):
        sources = [Source(frame(BINARY, pattern(n) + bytes(n)), 70) for n in (40, 80, 300)]
        protocols = [Protocol(BUFFER) for _ in sources]
        got = [None] * 3
        while None in got:
            for i, protocol in enumerate(protocols):
                sources[i].give(protocol)
                if protocol.next_event() > 0:
                    got[i] = protocol.data
        self.assertEqual(got, [pattern(n) + bytes(n) for n in (40, 80, 300)])

    def test_not_those_that_have_ended(self):
        for data in (close(1000), frame(TEXT, 'x') + close(), close() + frame(TEXT, 'x')):
            protocol = Protocol(200)
            spare = rfc._spare[200]
            feed(protocol, data, 99)
            self.assertIs(rfc._spare.get(200), spare)
            protocol = Protocol(200)
            Source(data, 99).give(protocol)
            self.assertTrue(discard(protocol))
            self.assertIs(rfc._spare.get(200), spare)

    def test_nothing_to_read(self):
        protocol = Protocol(BUFFER)
        spare = rfc._spare[BUFFER]
        for n in (None, 0):
            self.assertEqual(protocol.read(lambda buf, n=n: n), n)
            self.assertIs(rfc._spare[BUFFER], spare)
        data = frame(TEXT, 'x' * 200)
        for at in range(len(data)):
            self.assertIs(protocol.read(lambda buf: None), None)
            self.assertTrue(Source(data[at : at + 1], 1).give(protocol))
            self.assertEqual(protocol.next_event(), TEXT if at == len(data) - 1 else -1)
        self.assertEqual(protocol.data, 'x' * 200)

    def test_of_another_size(self):
        Protocol(200)
        Protocol(300)
        self.assertEqual([len(buf) for buf in rfc._spare.values()], [300])


class TestSending(unittest.TestCase):
    def test_header(self):
        for length, expected in (
            (0, b'\x82\x00'),
            (125, b'\x82\x7d'),
            (126, b'\x82\x7e\x00\x7e'),
            (65535, b'\x82\x7e\xff\xff'),
            (65536, b'\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00'),
            (0x3FFFFFFF, b'\x82\x7f\x00\x00\x00\x00\x3f\xff\xff\xff'),
        ):
            buf = bytearray(b'\xaa' * 10)
            size = rfc.write_header(buf, BINARY, length)
            self.assertEqual(bytes(buf[:size]), expected)

    def test_close_payload(self):
        self.assertEqual(rfc.close_payload(1000), b'\x03\xe8')
        self.assertEqual(rfc.close_payload(4000, 'é'), b'\x0f\xa0\xc3\xa9')
        self.assertEqual(rfc.close_payload(1005), b'')
        self.assertEqual(len(rfc.close_payload(1000, 'x' * 123)), 125)

    def test_close_payload_refused(self):
        for code in (0, 999, 1004, 1006, 1015, 2000, 5000, 70000):
            self.assertRaises(ValueError, rfc.close_payload, code)
        for reason in ('x' * 124, 'é' * 62):
            self.assertRaises(ValueError, rfc.close_payload, 1000, reason)

    def test_sendable(self):
        for opcode, length in (
            (CONT, 1 << 20),
            (TEXT, 126),
            (BINARY, 70000),
            (CLOSE, 125),
            (PING, 0),
        ):
            rfc.check_sendable(opcode, length)
        for opcode, length in (
            (3, 0),
            (7, 0),
            (11, 0),
            (16, 0),
            (CLOSE, 126),
            (PING, 126),
            (PONG, 999),
        ):
            self.assertRaises(ValueError, rfc.check_sendable, opcode, length)
