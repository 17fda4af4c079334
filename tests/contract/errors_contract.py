"""Every rule of RFC 6455 that a peer may break, and every limit: the number of the error, and what
a Close says of it."""

from frames import BINARY, CONT, PING, PONG, TEXT, close, frame, header
from memory_stream import run
from messages_contract import WAYS, feed
from scripted_stream import END, Stream, client, connection, events_of, receive

(
    RSV,
    OPCODE,
    MASK,
    LENGTH,
    CONTROL,
    NESTED,
    CONTINUED,
    BAD_CLOSE,
    UTF8,
    FRAGMENTS,
    TOO_BIG,
    MEMORY,
) = range(-10, -22, -1)
CODES = {UTF8: 1007, FRAGMENTS: 1008, TOO_BIG: 1009, MEMORY: 1009}
TEXTS = {
    RSV: 'RSV bits set',
    OPCODE: 'reserved opcode',
    MASK: 'wrong masking',
    LENGTH: 'length not minimal',
    CONTROL: 'control frame fragmented or too long',
    NESTED: 'message inside a message',
    CONTINUED: 'continuation of nothing',
    BAD_CLOSE: 'bad close code',
    UTF8: 'invalid UTF-8',
    FRAGMENTS: 'too many fragments',
    TOO_BIG: 'message too big',
}


class ErrorsContract:
    Protocol = None

    def check(self, data, expected, ways=WAYS, **options):
        feed(
            self, lambda stream: connection(self.Protocol, stream, **options), data, expected, ways
        )

    def check_error(self, data, error, **options):
        self.check(data, [(error, CODES.get(error, 1002))], **options)

    def test_what_a_close_says_of_each(self):
        async def main():
            part = frame(TEXT, fin=False)
            for error, data in (
                (RSV, frame(TEXT, rsv=4)),
                (OPCODE, frame(3)),
                (MASK, frame(TEXT, key=None)),
                (LENGTH, frame(TEXT, form=16)),
                (CONTROL, frame(PING, fin=False)),
                (NESTED, part * 2),
                (CONTINUED, frame(CONT)),
                (BAD_CLOSE, close(1005)),
                (UTF8, frame(TEXT, b'\xff')),
                (FRAGMENTS, part + frame(CONT, fin=False) * 3),
                (TOO_BIG, frame(TEXT, bytes(101))),
            ):
                p = connection(self.Protocol, Stream(data), 160, 100, 3)
                for _ in range(3):  # it stays so
                    self.assertIs(await receive(p), False)
                    told = p.event, p.code, p.data
                    self.assertEqual(told, (error, CODES.get(error, 1002), TEXTS[error]))
                p.abort()
                self.assertIs(p.read(-1, None), False)
                self.assertEqual(p.event, error)

        run(main())

    # protocol errors: 1002

    def test_rsv_bits(self):
        for rsv in range(1, 8):
            for opcode in (TEXT, BINARY, PING):
                self.check_error(frame(opcode, b'', rsv=rsv), RSV, ways=WAYS[:1])
        for data in (frame(TEXT, b'', rsv=6), frame(PING, b'', rsv=4), frame(CONT, b'', rsv=4)):
            self.check_error(data, RSV, compressed=100)

    def test_reserved_opcodes(self):
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            self.check_error(frame(opcode, b'x'), OPCODE, ways=WAYS[:1])
            self.check_error(frame(opcode, b'x', fin=False), OPCODE, ways=WAYS[:1])

    def test_masking(self):
        for opcode in (TEXT, BINARY, PING, PONG):
            self.check_error(frame(opcode, b'', key=None), MASK, ways=WAYS[:2])
            self.check_error(frame(opcode, b'x' * 50, key=None), MASK, ways=WAYS[:2])
        for data in (frame(TEXT, 'x'), frame(PING), frame(BINARY, bytes(300))):
            feed(self, lambda stream: client(self.Protocol, stream), data, [(MASK, 1002)])

    def test_lengths_that_are_not_minimal(self):
        for n in (0, 1, 125):
            self.check_error(frame(BINARY, bytes(n), form=16), LENGTH)
            self.check_error(frame(PING, bytes(n), form=16), LENGTH)
        for n in (0, 125, 126, 65535):
            self.check_error(header(BINARY, n, form=64), LENGTH)

    def test_control_frames_that_are_long_or_fragmented(self):
        for opcode in (PING, PONG, 8):
            self.check_error(frame(opcode, bytes(126)), CONTROL, ways=WAYS[:2])
            self.check_error(header(opcode, 65536), CONTROL, ways=WAYS[:2])
            self.check_error(frame(opcode, b'', fin=False), CONTROL, ways=WAYS[:2])

    def test_continuation_out_of_place(self):
        self.check_error(frame(CONT, b'x'), CONTINUED)
        self.check_error(frame(CONT, b'x', fin=False), CONTINUED)
        whole = frame(TEXT, 'a', fin=False) + frame(CONT, 'b')
        self.check(whole + frame(CONT, b'c'), [(TEXT, 'ab'), (CONTINUED, 1002)])

    def test_message_inside_a_message(self):
        for fin in (True, False):
            self.check_error(frame(TEXT, 'a', fin=False) + frame(BINARY, b'b', fin=fin), NESTED)

    def test_errors_are_found_in_the_header(self):
        for bad, error in (
            (header(3, 9), OPCODE),
            (header(TEXT, 9, rsv=4), RSV),
            (header(PING, 126), CONTROL),
            (header(CONT, 9), CONTINUED),
        ):
            self.check(bad, [(error, 1002)], [(b'', 1)])

    def test_the_order_of_the_checks(self):
        everything = {'rsv': 7, 'key': None, 'fin': False, 'form': 16}
        for error, left_out in (
            (RSV, ()),
            (OPCODE, ('rsv',)),
        ):
            data = frame(
                11, bytes(100), **{k: everything[k] for k in everything if k not in left_out}
            )
            self.check_error(data, error, ways=WAYS[:1])
        self.check_error(frame(PING, bytes(9), key=None, fin=False, form=16), MASK, ways=WAYS[:1])
        self.check_error(frame(PING, bytes(9), fin=False, form=16), LENGTH, ways=WAYS[:1])
        part = frame(TEXT, fin=False)
        self.check_error(part + frame(TEXT, bytes(101)), NESTED, ways=WAYS[:1], limit=100)
        data = part + frame(CONT, bytes(101))
        self.check_error(data, TOO_BIG, ways=WAYS[:1], limit=100, max_fragments=1)

    # limits: 1008 and 1009

    def test_too_many_fragments(self):
        for part in (b'', b'x'):
            parts = frame(BINARY, part, fin=False) + frame(CONT, part, fin=False) * 8
            whole = parts + frame(CONT, part)
            self.check(whole * 2, [(BINARY, part * 10)] * 2, WAYS[:2], max_fragments=10)
            self.check(whole, [(BINARY, part * 10)], WAYS[:2])
            self.check_error(parts + frame(CONT, part, fin=False) * 2, FRAGMENTS, max_fragments=10)
            self.check_error(whole, FRAGMENTS, max_fragments=9)

    def test_limit(self):
        for n in (0, 1, 125, 126, 300):
            for opcode in (TEXT, BINARY):
                payload = 'x' * n if opcode == TEXT else b'x' * n
                self.check(frame(opcode, payload), [(opcode, payload)], WAYS[:2], limit=n)
                self.check_error(frame(opcode, b'x' * (n + 1)), TOO_BIG, ways=WAYS[:2], limit=n)
        # Bytes, not characters.
        self.check(frame(TEXT, 'é' * 5), [(TEXT, 'é' * 5)], WAYS[:2], limit=10)
        self.check_error(frame(TEXT, 'é' * 5), TOO_BIG, ways=WAYS[:2], limit=9)

    def test_limit_is_over_all_fragments_of_one_message(self):
        data = frame(BINARY, b'x' * 99, fin=False) + frame(CONT, b'', fin=False) + frame(CONT, b'y')
        self.check(data * 2, [(BINARY, b'x' * 99 + b'y')] * 2, limit=100)
        self.check_error(data, TOO_BIG, limit=99)
        data = frame(TEXT, 'ab', fin=False) + frame(PING, b'x' * 125) + frame(CONT, 'c')
        self.check(data, [(PING, b'x' * 125), (TEXT, 'abc')], limit=3)

    def test_too_long_is_found_in_the_header(self):
        for length in (101, 65535, 65536, 0x3FFFFFFF, 0x40000000, 1 << 62, 1 << 63, (1 << 64) - 1):
            self.check(header(BINARY, length), [(TOO_BIG, 1009)], WAYS[:3], limit=100)

    def test_the_limit_of_a_read(self):
        async def main():
            for limit, most in ((5, 5), (0, 300), (-1, 200), (-7, 200), (1 << 29, 300)):
                for n, fits in ((most, True), (most + 1, False)):
                    p = connection(self.Protocol, Stream(frame(BINARY, bytes(n)), 99), 160, 200)
                    got = await receive(p, limit)
                    self.assertEqual(got is not False or p.event == TOO_BIG, True)
                    self.assertEqual(got is not False, fits or most == 300, (limit, n))

        run(main())

    def test_a_limit_that_is_changed_in_the_middle_of_a_message(self):
        async def main():
            for limit, event in ((300, BINARY), (299, TOO_BIG), (5, TOO_BIG)):
                stream = Stream(frame(BINARY, bytes(200), fin=False))
                p = connection(self.Protocol, stream)
                p.poll = True
                self.assertIs(p.read(0, None), None)
                stream.feed(frame(CONT, bytes(100)))
                await p
                await receive(p, limit)
                self.assertEqual(p.event, event)

        run(main())

    # UTF-8: 1007

    def test_invalid_utf8(self):
        for bad in (b'\xff', b'\xc0\x80', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xe2\x82'):
            self.check_error(frame(TEXT, bad), UTF8)
            self.check_error(frame(TEXT, b'x' * 200 + bad), UTF8, ways=WAYS[:3])
            self.check_error(frame(TEXT, b'x', fin=False) + frame(CONT, bad), UTF8, ways=WAYS[:3])

    def test_invalid_utf8_is_found_at_the_first_bad_byte(self):
        # In the middle of a frame whose rest has not come: after the byte, and not before.
        for before in (b'', b'a' * 50, b'a' * 200):
            data = frame(TEXT, before + b'\xce\xba\xff' + b'z' * 500)
            at = len(data) - 500
            self.check(data[: at - 1], [], [(b'', 1), (b'', 1000)])
            self.check(data[:at], [(UTF8, 1007)], [(b'', 1), (b'', 1000)])

    def test_utf8_starts_anew_with_each_message_and_is_not_for_binary(self):
        data = frame(TEXT, b'a' * 300) + frame(BINARY, b'\xc3', fin=False) + frame(CONT, b'\xff')
        data += frame(TEXT, b'', fin=False) + frame(CONT, 'é' * 200)
        self.check(data, [(TEXT, 'a' * 300), (BINARY, b'\xc3\xff'), (TEXT, 'é' * 200)])

    # Close

    def test_close_codes_that_may_not_be_sent(self):
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
            self.check_error(close(code, 'reason' if code & 1 else ''), BAD_CLOSE, ways=WAYS[:2])
        self.check_error(frame(8, b'\x03'), BAD_CLOSE)

    def test_close_with_a_bad_reason(self):
        for reason in (b'\xff', b'bye \xc3', b'\xed\xa0\x80'):
            self.check_error(frame(8, b'\x03\xe8' + reason), UTF8)

    # the end

    def test_the_end_of_the_stream(self):
        async def main():
            for data in (b'', frame(TEXT, 'x'), b'\x81', frame(BINARY, bytes(300))[:-1]):
                p = connection(self.Protocol, Stream(data, 99, True))
                await events_of(p)
                for _ in range(2):
                    self.assertIs(p.read(-1, None), False)
                    self.assertEqual(p.event, END)

        run(main())

    def test_the_stream_breaks(self):
        async def main():
            stream = Stream(frame(TEXT, 'x' * 300)[:50])
            p = connection(self.Protocol, stream)
            p.poll = True
            self.assertIs(p.read(-1, None), None)
            stream.fail(104)
            await p
            for _ in range(2):
                with self.assertRaises(OSError) as raised:
                    p.read(-1, None)
                self.assertEqual(raised.exception.args[0], 104)

        run(main())
