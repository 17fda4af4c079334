"""Every rule of protocol.py that a peer may break, and how a Close ends it."""

from feeding import BUFFER, STEPS, ProtocolTestCase, feed
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame, header
from microdot_websocket.protocol import Protocol


class TestErrors(ProtocolTestCase):
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

    # fragments without end: 1008

    def test_too_many_fragments(self):
        for part in (b'', b'x'):
            parts = frame(BINARY, part, fin=False) + frame(CONT, part, fin=False) * 8
            whole = parts + frame(CONT, part)
            self.check(whole, [(BINARY, part * 10)], max_fragments=10)
            self.check(whole * 2, [(BINARY, part * 10)] * 2, max_fragments=10)  # of each message
            self.check(whole, [(BINARY, part * 10)], max_fragments=0)
            self.check_error(parts + frame(CONT, part, fin=False) * 2, 1008, max_fragments=10)
            self.check_error(whole, 1008, max_fragments=9)

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
            self.check_error(frame(TEXT, b'x' * 200 + bad), 1007)
            self.check_error(frame(TEXT, b'x', fin=False) + frame(CONT, bad), 1007)

    def test_invalid_utf8_is_found_at_the_first_bad_byte(self):
        # In the middle of a frame whose rest has not come: after the byte, and not before.
        for before in (b'', b'a' * 50, b'a' * 200):
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
        for length in (101, 65535, 65536, 0x3FFFFFFF, 0x40000000, 1 << 62, 1 << 63, (1 << 64) - 1):
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
