"""Every rule of protocol.py, without a socket: each vector whole, byte by byte, in other pieces,
and with trailing data."""

import unittest

from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame, header
from microdot_websocket import protocol as rfc
from microdot_websocket.protocol import Protocol, ProtocolError

STEPS = (1, 2, 3, 7, 139, 1000000)
BUFFER = 160


class Source:
    """Bytes on their way to a protocol, in pieces of `step` bytes at most."""

    def __init__(self, data, step):
        self.data = memoryview(data)
        self.step = step
        self.at = 0

    def give(self, protocol):
        """The next piece; False if all have been given."""
        buf = protocol.get_buffer()
        n = min(len(buf), self.step, len(self.data) - self.at)
        if n == 0:
            return False
        buf[:n] = self.data[self.at : self.at + n]
        self.at += n
        protocol.buffer_updated(n)
        return True


def feed(protocol, data, step):
    """Feed `data`; collect the events until it is used up, or until a Close or an error."""
    source = Source(data, step)
    events = []
    try:
        while True:
            event = protocol.next_event()
            if event == 0:
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
        events.append(('error', exc.code))
        return events


class TestReceiving(unittest.TestCase):
    def check(self, data, expected, limit=None, require_mask=True):
        for trailing in (b'', frame(TEXT, 'next'), b'\x00' * 3):
            for step in STEPS:
                with self.subTest(step=step, trailing=trailing):
                    protocol = Protocol(BUFFER, require_mask)
                    if limit is not None:
                        protocol.limit = limit
                    events = feed(protocol, data + trailing, step)
                    self.assertEqual(events[: len(expected)], expected)
                    if not trailing:
                        self.assertEqual(len(events), len(expected))
                    for event, got in zip(expected, events):
                        self.assertIs(type(got[1]), type(event[1]))

    def check_error(self, data, code, **options):
        self.check(data, [('error', code)], **options)

    # messages

    def test_text_and_binary(self):
        self.check(frame(TEXT, 'Hello'), [(TEXT, 'Hello')])
        self.check(frame(BINARY, b'\x00\xff'), [(BINARY, b'\x00\xff')])

    def test_empty_messages_are_delivered(self):
        self.check(frame(TEXT) + frame(BINARY), [(TEXT, ''), (BINARY, b'')])
        fragments = frame(BINARY, fin=False) + frame(CONT, fin=False) + frame(CONT)
        self.check(fragments, [(BINARY, b'')])

    def test_every_form_of_the_length(self):
        for n in (1, 124, 125, 126, 127, 65535, 65536, 65537):
            payload = bytes(range(256)) * (n // 256 + 1)
            payload = payload[:n]
            text = 'é' + 'x' * (n - 2) if n > 1 else 'x'
            data = frame(BINARY, payload) + frame(TEXT, text)
            for step in STEPS if n < 1000 else STEPS[3:]:
                events = feed(Protocol(BUFFER), data, step)
                self.assertEqual(events, [(BINARY, payload), (TEXT, text)], (n, step))

    def test_whatever_the_buffer_size(self):
        data = b''.join(
            [frame(BINARY, bytes(n)) + frame(PING, bytes(n % 126)) for n in range(0, 600, 7)]
        )
        for size in (0, 139, 140, 256, 600, 2048):
            events = feed(Protocol(size), data, 1000)
            self.assertEqual(
                [len(d) for e, d in events if e == BINARY], list(range(0, 600, 7)), size
            )
            self.assertEqual(
                [len(d) for e, d in events if e == PING], [n % 126 for n in range(0, 600, 7)]
            )

    def test_messages_are_independent_objects(self):
        events = feed(Protocol(BUFFER), frame(BINARY, b'a' * 300) + frame(BINARY, b'b' * 300), 99)
        self.assertEqual(events, [(BINARY, b'a' * 300), (BINARY, b'b' * 300)])
        # A message made in place must be like any other bytes object, as a dict key too.
        found = {bytes(bytearray(b'a' * 300)): 1, b'x': 2, b'y': 3, b'z': 4}
        self.assertEqual(found.get(events[0][1]), 1)
        self.assertEqual(hash(events[1][1]), hash(b'b' * 300))

    def test_fragments(self):
        for parts in (('a', 'bc'), ('', 'a', ''), ('a' * 100, 'é' * 300, 'b'), ('x',) * 300):
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
        self.check(data, [(TEXT, 'Hello'), (BINARY, b'x' * 500)], require_mask=False)

    # protocol errors: 1002

    def test_rsv_bits(self):
        for rsv in range(1, 8):
            for opcode in (TEXT, BINARY, PING, CLOSE):
                self.check_error(frame(opcode, b'', rsv=rsv), 1002)

    def test_reserved_opcodes(self):
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            self.check_error(frame(opcode, b'x'), 1002)
            self.check_error(frame(opcode, b'x', fin=False), 1002)

    def test_unmasked_frames(self):
        for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
            self.check_error(frame(opcode, b'', key=None), 1002)
            self.check_error(frame(opcode, b'x' * 50, key=None), 1002)

    def test_lengths_that_are_not_minimal(self):
        for n in (0, 1, 125):
            self.check_error(frame(BINARY, bytes(n), form=16), 1002)
            self.check_error(frame(PING, bytes(n), form=16), 1002)
        for n in (0, 125, 126, 65535):
            self.check_error(header(BINARY, n, form=64), 1002)

    def test_control_frames_that_are_long_or_fragmented(self):
        for opcode in (PING, PONG, CLOSE):
            self.check_error(frame(opcode, bytes(126)), 1002)
            self.check_error(header(opcode, 65536), 1002)
            self.check_error(frame(opcode, b'', fin=False), 1002)

    def test_continuation_out_of_place(self):
        self.check_error(frame(CONT, b'x'), 1002)
        self.check_error(frame(CONT, b'x', fin=False), 1002)
        whole = frame(TEXT, 'a', fin=False) + frame(CONT, 'b')
        self.check(whole + frame(CONT, b'c'), [(TEXT, 'ab'), ('error', 1002)])

    def test_message_inside_a_message(self):
        for opcode in (TEXT, BINARY):
            self.check_error(frame(TEXT, 'a', fin=False) + frame(opcode, b'b'), 1002)
            self.check_error(frame(TEXT, 'a', fin=False) + frame(opcode, b'b', fin=False), 1002)

    def test_errors_are_found_in_the_header(self):
        # With no byte of the payload there.
        for bad in (header(3, 9), header(TEXT, 9, rsv=4), header(PING, 126), header(CONT, 9)):
            self.assertEqual(feed(Protocol(BUFFER), bad, 1), [('error', 1002)])

    # UTF-8: 1007

    def test_invalid_utf8(self):
        for bad in (
            b'\xff',
            b'\xc0\x80',
            b'\xed\xa0\x80',
            b'\xf4\x90\x80\x80',
            b'abc\x80',
            b'\xe2\x82',
        ):
            self.check_error(frame(TEXT, bad), 1007)
            self.check_error(frame(TEXT, b'x' * 300 + bad), 1007)
            self.check_error(frame(TEXT, b'x', fin=False) + frame(CONT, bad), 1007)

    def test_invalid_utf8_is_found_at_the_first_bad_byte(self):
        # In the middle of a frame whose rest has not come: after the byte, and not before.
        for before in (b'', b'a' * 50, b'a' * 400):
            data = frame(TEXT, before + b'\xce\xba\xff' + b'z' * 500)
            at = len(data) - 500
            for step in STEPS:
                self.assertEqual(feed(Protocol(BUFFER), data[: at - 1], step), [])
                self.assertEqual(feed(Protocol(BUFFER), data[:at], step), [('error', 1007)])

    def test_binary_is_not_utf8(self):
        self.check(frame(BINARY, b'\xff' * 300), [(BINARY, b'\xff' * 300)])

    def test_utf8_starts_anew_with_each_message(self):
        data = frame(TEXT, b'a' * 300) + frame(BINARY, b'\xc3', fin=False) + frame(CONT, b'')
        data += frame(TEXT, b'', fin=False) + frame(CONT, 'é' * 200)
        self.check(data, [(TEXT, 'a' * 300), (BINARY, b'\xc3'), (TEXT, 'é' * 200)])

    # size: 1009

    def test_limit(self):
        for n in (0, 1, 125, 126, 300):
            for opcode in (TEXT, BINARY):
                payload = 'x' * n if opcode == TEXT else b'x' * n
                self.check(frame(opcode, payload), [(opcode, payload)], limit=n)
                self.check_error(frame(opcode, b'x' * (n + 1)), 1009, limit=n)

    def test_limit_counts_bytes_not_characters(self):
        self.check(frame(TEXT, 'é' * 5), [(TEXT, 'é' * 5)], limit=10)
        self.check_error(frame(TEXT, 'é' * 5), 1009, limit=9)

    def test_limit_is_over_all_fragments(self):
        data = frame(BINARY, b'x' * 99, fin=False) + frame(CONT, b'', fin=False) + frame(CONT, b'y')
        self.check(data, [(BINARY, b'x' * 99 + b'y')], limit=100)
        self.check_error(data, 1009, limit=99)

    def test_limit_is_per_message(self):
        self.check(frame(BINARY, bytes(9)) * 3, [(BINARY, bytes(9))] * 3, limit=9)

    def test_limit_does_not_count_control_frames(self):
        data = frame(TEXT, 'ab', fin=False) + frame(PING, b'x' * 125) + frame(CONT, 'c')
        self.check(data, [(PING, b'x' * 125), (TEXT, 'abc')], limit=3)

    def test_too_long_is_found_in_the_header(self):
        for length in (101, 1000, 100000, 0x3FFFFFFF, 0x40000000, 1 << 62, 1 << 63, (1 << 64) - 1):
            for step in STEPS:
                protocol = Protocol(BUFFER)
                protocol.limit = 100
                events = feed(protocol, header(BINARY, length), step)
                self.assertEqual(events, [('error', 1009)], length)

    def test_lengths_that_no_limit_allows(self):
        for length in (0x40000000, 1 << 32, 1 << 63):
            self.check_error(header(TEXT, length), 1009)

    # close

    def test_close(self):
        for code in (
            1000,
            1001,
            1002,
            1003,
            1007,
            1008,
            1009,
            1010,
            1011,
            1012,
            1013,
            1014,
            3000,
            4999,
        ):
            self.check(close(code), [(CLOSE, (code, ''))])
            self.check(close(code, 'bye é'), [(CLOSE, (code, 'bye é'))])
        self.check(close(), [(CLOSE, (1005, ''))])
        self.check(close(1000, 'x' * 123), [(CLOSE, (1000, 'x' * 123))])

    def test_close_codes_that_may_not_be_sent(self):
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
            self.check_error(close(code), 1002)
            self.check_error(close(code, 'reason'), 1002)

    def test_close_with_half_a_code(self):
        self.check_error(frame(CLOSE, b'\x03'), 1002)

    def test_close_with_a_bad_reason(self):
        for reason in (b'\xff', b'bye \xc3', b'\xed\xa0\x80'):
            self.check_error(frame(CLOSE, b'\x03\xe8' + reason), 1007)


class TestDiscarding(unittest.TestCase):
    def discards(self, protocol, source):
        """Whether a Close is found in what is left."""
        while not protocol.discard():
            if not source.give(protocol):
                return False
        return True

    def test_until_the_close(self):
        before = frame(TEXT, 'a', fin=False) + frame(PING, b'x') + frame(BINARY, bytes(70000))
        for step in (1, 7, 1000):
            self.assertTrue(self.discards(Protocol(BUFFER), Source(before + close(1000), step)))
            self.assertFalse(self.discards(Protocol(BUFFER), Source(before, step)))

    def test_after_each_error(self):
        bad = (
            frame(TEXT, b'x' * 300 + b'\xff' + b'y' * 700),
            frame(BINARY, bytes(5000)),
            frame(3, bytes(500)),
            frame(TEXT, b'x', rsv=7),
            frame(TEXT, b'x' * 200, key=None),
            frame(PING, bytes(126)),
            frame(CONT, b'x'),
        )
        for data in bad:
            for step in (1, 7, 1000):
                protocol = Protocol(BUFFER)
                protocol.limit = 4000
                source = Source(data + close(1000), step)
                with self.assertRaises(ProtocolError):
                    while protocol.next_event() == 0:
                        source.give(protocol)
                self.assertTrue(self.discards(protocol, source), (data[:9], step))

    def test_the_close_that_is_itself_wrong(self):
        protocol = Protocol(BUFFER)
        self.assertEqual(feed(protocol, close(1005), 99), [('error', 1002)])
        self.assertTrue(protocol.discard())

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
