"""Messages into a buffer of the application's, piece by piece; and compressed ones, which always
become objects."""

from capacity import LARGE, SMALL, sample
from errors_contract import CONTINUED, FRAGMENTS, MASK, NESTED, RSV, TOO_BIG, UTF8
from frames import BINARY, CLOSE, CONT, PING, TEXT, close, frame, pattern
from memory_stream import run
from messages_contract import WAYS
from scripted_stream import FULL, MORE, Stream, connection, events_of, receive


def split(payload, opcode, size):
    """What events_of() returns of a message in a buffer of this size."""
    pieces = [(FULL, bytes(payload[i : i + size])) for i in range(0, len(payload), size)]
    return pieces[:-1] + [(opcode, pieces[-1][1])] if pieces else [(opcode, b'')]


class BuffersContract:
    Protocol = None

    def check(self, data, size, expected, ways=WAYS, limit=-1, **options):
        async def main():
            for trailing, step in ways:
                stream = Stream(data + trailing, step, True)
                p = connection(self.Protocol, stream, **options)
                for buffer in (bytearray(size), memoryview(bytearray(size + 9))[3 : 3 + size]):
                    events = await events_of(p, limit, buffer)
                    self.assertEqual(events[: len(expected)], expected, (size, step, trailing))
                    break

        run(main())

    def check_error(self, data, size, error, code=1002, **options):
        self.check(data, size, [(error, code)], **options)

    def test_sizes(self):
        for length in (1, 15, 16, 17, 159, 160, 161, 1000):
            payload = pattern(length)
            for size in (1, 16, 160, 1000):
                if length // size < (100 if SMALL else 200):  # as long a list
                    expected = split(payload, BINARY, size)
                    self.check(frame(BINARY, payload), size, expected, sample(WAYS, 4))

    def test_any_writable_buffer_of_bytes(self):
        async def main():
            payload = pattern(400)
            for buffer in (bytearray(100), memoryview(bytearray(150))[20:120]):
                p = connection(self.Protocol, Stream(frame(BINARY, payload), 70))
                for at in range(0, 400, 100):
                    self.assertEqual(await receive(p, -1, buffer), 100)
                    self.assertEqual(bytes(buffer), payload[at : at + 100])
                    self.assertEqual(p.event, FULL if at < 300 else BINARY)
                    self.assertEqual(p.opcode, BINARY)

        run(main())

    def test_empty(self):
        self.check(frame(BINARY), 4, [(BINARY, b'')])
        self.check(frame(TEXT, '', fin=False) + frame(CONT), 4, [(TEXT, b'')])

    def test_a_message_that_just_fits(self):
        payload = pattern(60)
        self.check(frame(BINARY, payload), 60, [(BINARY, payload)])
        data = frame(BINARY, payload, fin=False) + frame(CONT)
        self.check(data, 60, [(BINARY, payload)])
        data = frame(BINARY, payload, fin=False) + frame(CONT, b'x')
        self.check(data, 60, [(FULL, payload), (BINARY, b'x')])

    def test_fragments_and_control_frames_between_them(self):
        data = (
            frame(BINARY, b'a' * 300, fin=False)
            + frame(PING, b'ping')
            + frame(CONT, b'', fin=False)
            + frame(CONT, b'b' * 20)
        )
        self.check(
            data, 160, [(FULL, b'a' * 160), (PING, b'ping'), (BINARY, b'a' * 140 + b'b' * 20)]
        )
        data = frame(TEXT, 'a', fin=False) + close(1000, 'bye')
        self.check(data, 160, [(CLOSE, (1000, 'bye'))])

    def test_text(self):
        text = 'a\u20ac' * 50
        self.check(frame(TEXT, text), 7, split(text.encode(), TEXT, 7))
        self.check_error(frame(TEXT, b'\xe2\x82'), 7, UTF8, 1007)
        self.check_error(frame(TEXT, b'abc\xff' + bytes(100)), 200, UTF8, 1007)

    def test_the_rules_hold(self):
        self.check_error(frame(CONT, b'x'), 16, CONTINUED)
        self.check_error(frame(BINARY, b'x', rsv=4), 16, RSV)
        self.check_error(frame(BINARY, b'x', key=None), 16, MASK)
        self.check_error(frame(BINARY, b'x', fin=False) * 2, 16, NESTED)
        data = frame(BINARY, b'x', fin=False) + frame(CONT, b'x', fin=False) * 2
        self.check_error(data, 16, FRAGMENTS, 1008, max_fragments=2)

    def test_limit(self):
        payload = pattern(300)
        data = frame(BINARY, payload[:200], fin=False) + frame(CONT, payload[200:])
        for limit in (300, 0, -1):
            for way in (data, frame(BINARY, payload)):
                self.check(way, 300, [(BINARY, payload)], limit=limit)
        for size in (300, 299):
            self.check_error(data, size, TOO_BIG, 1009, limit=299)
            self.check_error(frame(BINARY, payload), size, TOO_BIG, 1009, limit=299)

    def test_a_message_longer_than_memory_for_it(self):
        async def main():
            p = connection(self.Protocol, Stream(frame(BINARY, pattern(LARGE)), 999))
            buffer = bytearray(1000)
            at = 0
            while True:
                n = await receive(p, 0, buffer)
                self.assertEqual(bytes(buffer[:n]), pattern(at + n)[at:])
                at += n
                if p.event == BINARY:
                    break
            self.assertEqual(at, LARGE)

        run(main())

    def test_a_message_that_is_left_in_the_middle(self):
        """The rest of it is passed over, for another buffer and for None; its rules still hold."""

        async def main():
            long = frame(BINARY, pattern(900), fin=False) + frame(PING) + frame(CONT, pattern(300))
            data = long + frame(TEXT, 'next') + frame(TEXT, 'last')
            for _, step in WAYS:
                for other in (bytearray(3), None):
                    p = connection(self.Protocol, Stream(data, step, True), limit=2000)
                    first = bytearray(100)
                    self.assertEqual(await receive(p, -1, first), 100)
                    events = await events_of(p, -1, other)
                    if other:
                        rest = split(b'next', TEXT, 3) + split(b'last', TEXT, 3)
                    else:
                        rest = [(TEXT, 'next'), (TEXT, 'last')]
                    self.assertEqual(events, [(PING, b'')] + rest)
                    self.assertEqual(first, pattern(100))  # nothing more goes there
            data = frame(TEXT, b'x' * 200 + b'\xff')
            p = connection(self.Protocol, Stream(data, 50))
            await receive(p, -1, bytearray(9))
            self.assertIs(await receive(p), False)
            self.assertEqual(p.event, UTF8)

        run(main())

    def test_a_message_that_is_passed_over_has_no_limit(self):
        async def main():
            data = frame(BINARY, bytes(100), fin=False) + frame(CONT, bytes(100)) + frame(TEXT, 'x')
            p = connection(self.Protocol, Stream(data))
            await receive(p, -1, bytearray(9))
            self.assertEqual(await receive(p, 1), 'x')

        run(main())

    def test_the_same_buffer_goes_on(self):
        async def main():
            payload = pattern(500)
            data = frame(BINARY, payload)
            stream = Stream()
            p = connection(self.Protocol, stream)
            buffer = bytearray(500)
            for at in range(0, len(data), 99):
                p.poll = True
                self.assertIs(p.read(-1, buffer), None)
                stream.feed(data[at : at + 99])
                await p
            self.assertEqual(p.read(-1, buffer), 500)
            self.assertEqual(buffer, payload)

        run(main())

    def test_a_message_in_progress_that_becomes_an_object(self):
        async def main():
            data = frame(BINARY, b'x' * 200)
            stream = Stream(data[:100])
            p = connection(self.Protocol, stream)
            self.assertIs(p.read(-1, None), False)
            self.assertEqual(p.event, MORE)
            for _ in range(2):
                self.assertRaises(RuntimeError, p.read, -1, bytearray(300))
            stream.feed(data[100:] + frame(TEXT, 'y'))
            self.assertEqual(await receive(p), b'x' * 200)
            self.assertEqual(await receive(p, -1, bytearray(9)), 1)

        run(main())

    def test_bad_buffers(self):
        async def main():
            for buffer, error in (
                (b'abc', TypeError),
                (memoryview(b'abc'), TypeError),
                ('abc', TypeError),
                (7, TypeError),
                ([1, 2], TypeError),
                (bytearray(), ValueError),
                (memoryview(bytearray(3))[1:1], ValueError),
            ):
                p = connection(self.Protocol, Stream(frame(TEXT, 'x') * 2))
                self.assertRaises(error, p.read, -1, buffer)
                self.assertEqual(await receive(p), 'x')
                self.assertRaises(error, p.read, -1, buffer)
                self.assertEqual(await receive(p, -1, bytearray(3)), 1)

        run(main())

    def test_a_buffer_that_becomes_shorter(self):
        async def main():
            stream = Stream(frame(BINARY, pattern(200))[:100])
            p = connection(self.Protocol, stream)
            buffer = bytearray(200)
            self.assertIs(p.read(-1, buffer), False)
            self.assertEqual(p.event, MORE)
            try:
                buffer[40:] = b''
            except BufferError:
                return
            self.assertRaises(ValueError, p.read, -1, buffer)
            buffer.extend(bytes(160))
            stream.feed(frame(BINARY, pattern(200))[100:])
            self.assertEqual(await receive(p, -1, buffer), 200)

        run(main())

    # compressed messages

    def test_compressed_messages(self):
        async def main():
            data = (
                frame(TEXT, b'\xff\xfe', rsv=4)
                + frame(TEXT, 'plain')
                + frame(BINARY, b'a' * 200, fin=False, rsv=4)
                + frame(PING)
                + frame(CONT, b'b')
                + frame(BINARY, b'', rsv=4)
            )
            for buffer in (None, bytearray(9)):
                for _, step in WAYS:
                    p = connection(self.Protocol, Stream(data, step), compressed=300)
                    self.assertIs(await receive(p, -1, buffer), False)
                    self.assertEqual((p.event, p.compressed, p.opcode), (TEXT, True, TEXT))
                    self.assertEqual(p.data, b'\xff\xfe')
                    self.assertIs(p.data, None)  # handed out once
                    plain = await receive(p, -1, buffer)
                    self.assertEqual(plain, 5 if buffer else 'plain')
                    self.assertFalse(p.compressed)
                    self.assertIs(await receive(p, -1, buffer), False)
                    self.assertEqual((p.event, p.data), (PING, b''))
                    self.assertIs(await receive(p, -1, buffer), False)
                    self.assertEqual((p.event, p.data), (BINARY, b'a' * 200 + b'b'))
                    self.assertIs(await receive(p, -1, buffer), False)
                    self.assertEqual((p.event, p.data), (BINARY, b''))

        run(main())

    def test_the_limit_of_compressed_messages(self):
        async def main():
            for n, event in ((100, BINARY), (101, TOO_BIG)):
                data = frame(BINARY, bytes(n - 50), fin=False, rsv=4) + frame(CONT, bytes(50))
                p = connection(self.Protocol, Stream(data, 30), compressed=100)
                self.assertIs(await receive(p, 1), False)  # which is the limit of others
                self.assertEqual(p.event, event)

        run(main())

    def test_a_buffer_in_the_middle_of_a_compressed_message(self):
        async def main():
            data = frame(BINARY, b'x' * 200, rsv=4)
            stream = Stream(data[:100])
            p = connection(self.Protocol, stream, compressed=300)
            self.assertIs(p.read(-1, None), False)
            stream.feed(data[100:] + frame(TEXT, 'y'))
            buffer = bytearray(9)
            self.assertIs(await receive(p, -1, buffer), False)
            self.assertEqual((p.event, p.data), (BINARY, b'x' * 200))
            self.assertEqual(await receive(p, -1, buffer), 1)

        run(main())
