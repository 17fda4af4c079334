"""How a Protocol sends: frames, masks, what waits for the stream, and errors."""

from array import array

from capacity import LARGE, SMALL, fitting
from frames import BINARY, CLOSE, CONT, KEY, PING, PONG, TEXT, frame, parse, pattern
from memory_stream import run, settle
from not_utf8 import SURROGATES
from scripted_stream import Stream, client, connection, flush

FIN = 0x80
YIELD, CORKED, WAITS, BUSY = 1, 2, 3, 4
NOT_LAST, RSV1 = 0x80, 0x40
BURST = 32


BIG = 2000 if SMALL else LARGE  # of which several copies are needed


class SendingContract:
    Protocol = None

    def test_lengths_and_types(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            for n in (0, 1, 125, 126, 127, 1019, 1020, 1024, 1025) + tuple(fitting(65535, 65536)):
                data = bytearray(pattern(n))
                for payload in (bytes(data), data, memoryview(data)):
                    stream.sent = bytearray()
                    self.assertIn(p.write(payload, None), (None, YIELD))
                    self.assertEqual(stream.sent, frame(BINARY, payload, key=None))
                    self.assertEqual(p.locked, 0)
            for text in ('', 'a', 'é€😀', 'é' * 600):
                stream.sent = bytearray()
                p.write(text, None)
                self.assertEqual(stream.sent, frame(TEXT, text, key=None))
            stream.sent = bytearray()
            p.write(memoryview(b'xabcdx')[1:5], None)
            self.assertEqual(stream.sent, b'\x82\x04abcd')

        run(main())

    def test_opcodes_and_flags(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            for opcode, data, first in (
                (TEXT, b'ab', FIN | TEXT),
                (BINARY, 'ab', FIN | BINARY),
                (CONT, b'ab', FIN | CONT),
                (TEXT | 0x80, 'ab', TEXT),
                (CONT | 0x80, b'ab', CONT),
                (TEXT | 0x40, b'ab', FIN | 0x40 | TEXT),
                (BINARY | 0xC0, b'ab', 0x40 | BINARY),
                (CLOSE, b'ab', FIN | CLOSE),
                (PING, 'ab', FIN | PING),
                (PONG, b'ab', FIN | PONG),
            ):
                stream.sent = bytearray()
                self.assertIs(p.write(data, opcode), None)
                self.assertEqual(stream.sent, bytes([first, 2]) + b'ab')
            p.write(bytes(125), PING)

        run(main())

    def test_text_is_utf8(self):
        """A str of MicroPython need not be: json.loads() makes surrogates."""
        bad = b'\xed\xa0\xbd', b'abc\xff', b'x' * 70 + b'\xe2\x82'
        stream = Stream()
        p = connection(self.Protocol, stream)
        for payload in bad:
            for opcode in (TEXT, TEXT | NOT_LAST):
                for data in (payload, bytearray(payload), memoryview(payload)):
                    self.assertRaises(ValueError, p.write, data, opcode)
            self.assertRaises(ValueError, p.write, b'\x03\xe8' + payload, CLOSE)
        for data in SURROGATES:
            for opcode in (None, TEXT, CONT, CONT | NOT_LAST):
                self.assertRaises(ValueError, p.write, data, opcode)
        self.assertEqual(stream.sent, b'')
        sent = b''
        for payload, opcode in (
            (bad[0], None),
            (bad[0], BINARY),
            (bad[0], CONT),  # of a message of either kind
            (bad[0], TEXT | RSV1),  # compressed
            (bad[0], PING),
            ('é€😀'.encode(), TEXT),
            (b'\xff', CLOSE),  # no code: for the peer to judge
            (b'\x03\xe8' + 'é'.encode(), CLOSE),
        ):
            self.assertIn(p.write(payload, opcode), (None, YIELD))
            sent += payload
        for payload in (b'\x03\xe8', b''):
            p.write(payload, CLOSE)
        self.assertTrue(all(payload in stream.sent for payload in (bad[0], 'é€😀'.encode())))

    def test_a_clients_text_is_utf8(self):
        stream = Stream()
        p = client(self.Protocol, stream)
        for data in list(SURROGATES) + [b'abc\xff']:
            self.assertRaises(ValueError, p.write, data, TEXT)
        self.assertRaises(ValueError, p.write, b'\x03\xe8\xff', CLOSE)
        self.assertEqual(stream.sent, b'')

    def test_memoryviews_and_arrays_are_bytes(self):
        words = array('H', [0x4141, 0x4242, 0x4343])
        for data in (words, memoryview(words), array('B', b'AABBCC'), memoryview(b'AABBCC')):
            stream = Stream()
            p = connection(self.Protocol, stream)
            p.write(data, None)
            self.assertEqual(stream.sent, b'\x82\x06AABBCC')
            stream.give_room(5)
            self.assertEqual(p.write(data, None), WAITS)
            stream.give_room(None)
            p.flush()
            self.assertEqual(stream.sent, b'\x82\x06AABBCC' * 2)
        for data in ([65], (65,), 5, None, {}):
            self.assertRaises(TypeError, p.write, data, None)

    def test_a_small_frame_is_one_write(self):
        async def main():
            for size, most in ((160, 100), (2048, 1000)):
                for open_protocol, more in ((connection, 0), (client, 4)):
                    stream = Stream()
                    p = open_protocol(self.Protocol, stream, size)
                    for n in (0, 16, most):
                        del stream.writes[:]
                        p.write(pattern(n), None)
                        header = 2 if n < 126 else 4
                        self.assertEqual(stream.writes, [n + header + more])

        run(main())

    def test_others_get_their_turn(self):
        async def main():
            p = connection(self.Protocol, Stream())
            for _ in range(3):
                for _ in range(BURST):
                    self.assertIs(p.write('x', None), None)
                self.assertEqual(p.write('x', None), YIELD)

        run(main())

    def test_refused(self):
        async def main():
            for open_protocol in (connection, client):
                stream = Stream()
                p = open_protocol(self.Protocol, stream)
                for data in (None, 5, [1], {}, 1.0):
                    self.assertRaises(TypeError, p.write, data, None)
                for opcode in (3, 7, 11, 15, 16, 0x20, 0x23, 256, 1 << 40, -(1 << 40), -1, 1 << 70):
                    self.assertRaises(ValueError, p.write, b'', opcode)
                for opcode in (CLOSE, PING, PONG):
                    self.assertRaises(ValueError, p.write, bytes(126), opcode)
                    for flags in (0x80, 0x40, 0xC0):
                        self.assertRaises(ValueError, p.write, b'', opcode | flags)
                for opcode in ('1', 1.0, [], b'1'):
                    self.assertRaises(TypeError, p.write, b'', opcode)
                self.assertEqual(stream.sent, b'')
                self.assertIs(p.write('x', None), None)

        run(main())

    # masks

    def test_a_client_masks(self):
        async def main():
            keys = [bytes([i, 255 - i, 7 * i & 255, i ^ 85]) for i in range(80)]
            used = []

            def urandom(n):
                self.assertEqual(n, 4)
                used.append(keys[len(used)])
                return used[-1]

            stream = Stream()
            p = client(self.Protocol, stream, 160, urandom)
            n_lengths = 0
            for n in [0, 1, 2, 3, 5, 125, 126, 150, 1000] + fitting(4000) + [BIG]:
                n_lengths += 1
                data = bytearray(pattern(n))
                for payload in (data, bytes(data), memoryview(data)):
                    stream.sent = bytearray()
                    p.write(payload, None)
                    self.assertEqual(stream.sent, frame(BINARY, payload, key=used[-1]))
                self.assertEqual(data, pattern(n))  # what is masked is a copy
            stream.sent = bytearray()
            p.write('é' * 100, None)
            self.assertEqual(parse(stream.sent, True), [(FIN | TEXT, ('é' * 100).encode())])
            self.assertEqual(len(used), 3 * n_lengths + 1)  # one for each frame

        run(main())

    def test_keys_that_are_none(self):
        async def main():
            for key, error in ((b'abc', ValueError), (b'abcde', ValueError), (None, TypeError)):
                stream = Stream()
                p = client(self.Protocol, stream, 160, lambda n, key=key: key)
                self.assertRaises(error, p.write, 'x', None)
                self.assertEqual(stream.sent, b'')

            def fails(n):
                raise OSError(7)

            p = client(self.Protocol, Stream(), 160, fails)
            self.assertRaises(OSError, p.write, 'x', None)
            for key in (bytearray(KEY), memoryview(KEY)):
                stream = Stream()
                client(self.Protocol, stream, 160, lambda n, key=key: key).write('x', None)
                self.assertEqual(stream.sent, frame(TEXT, 'x'))

        run(main())

    # what waits

    def test_what_the_stream_does_not_take_waits(self):
        async def main():
            for open_protocol, key in ((connection, None), (client, b'abcd')):
                for n in (0, 50, 150, 300, 1100, BIG):
                    whole = frame(BINARY, pattern(n), key=key)
                    for room in sorted({0, 1, 2, 3, 5, 9, len(whole) // 2, len(whole) - 1}):
                        if room >= len(whole):
                            continue
                        stream = Stream()
                        p = open_protocol(self.Protocol, stream)
                        stream.give_room(room)
                        data = pattern(n)
                        self.assertEqual(p.write(data, None), WAITS)
                        self.assertEqual(stream.sent, whole[:room])
                        self.assertEqual(p.locked, 1 + len(whole) - room)
                        self.assertEqual(p.write('x', None), BUSY)
                        self.assertEqual(p.write(b'', CLOSE), BUSY)
                        self.assertIs(p.flush(), True)
                        stream.give_room(None)
                        self.assertIs(p.flush(), False)
                        self.assertEqual(stream.sent, whole)
                        self.assertEqual(p.locked, 0)
                        self.assertIs(p.flush(), False)
                        self.assertIs(p.write('x', None), None)
                        self.assertEqual(stream.sent, whole + frame(TEXT, 'x', key=key))

        run(main())

    def test_flushing_byte_by_byte(self):
        async def main():
            for open_protocol, key in ((connection, None), (client, b'abcd')):
                for n in (10, 126, 400):
                    stream = Stream()
                    p = open_protocol(self.Protocol, stream)
                    stream.give_room(0)
                    text = 'é' * (n // 2)
                    self.assertEqual(p.write(text, None), WAITS)
                    whole = frame(TEXT, text, key=key)
                    for i in range(len(whole)):
                        self.assertIs(p.flush(), True)
                        self.assertEqual(p.locked, 1 + len(whole) - i)
                        stream.give_room(1)
                        self.assertIs(p.flush(), i < len(whole) - 1)
                    self.assertEqual(stream.sent, whole)
                    self.assertEqual(p.locked, 0)

        run(main())

    def test_waiting_until_it_is_sent(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            stream.give_room(10)
            self.assertEqual(p.write(pattern(300), None), WAITS)

            async def give():
                for _ in range(60):
                    await settle(2)
                    stream.give_room(7)

            import asyncio

            task = asyncio.create_task(give())
            await flush(p)
            self.assertEqual(stream.sent, frame(BINARY, pattern(300), key=None))
            await task

        run(main())

    def test_errors_reach_the_sender(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            stream.fail(32)
            for _ in range(2):
                with self.assertRaises(OSError) as raised:
                    p.write('x', None)
                self.assertEqual(raised.exception.args[0], 32)
            stream = Stream()
            p = connection(self.Protocol, stream)
            stream.give_room(3)
            p.write('abcdef', None)
            stream.fail(104)
            self.assertRaises(OSError, p.flush)
            self.assertRaises(OSError, p.flush)

        run(main())

    def test_flushing_nothing(self):
        async def main():
            p = connection(self.Protocol, Stream())
            self.assertIs(p.flush(), False)
            self.assertEqual(p.locked, 0)

        run(main())
