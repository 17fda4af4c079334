"""How a Protocol gathers small frames for as long as messages have arrived and are not read."""

from capacity import LARGE
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, pattern
from memory_stream import run
from scripted_stream import BLOCKED, MORE, Stream, client, connection, flush

YIELD, CORKED, WAITS, BUSY = 1, 2, 3, 4


def reply(data, opcode=TEXT):
    return frame(opcode, data, key=None)


class CorkContract:
    Protocol = None

    def opened(self, messages=3, size=160, open_protocol=connection):
        """(protocol, stream), after the first of some messages has been read."""
        key = {'key': None} if open_protocol is client else {}
        stream = Stream(b''.join([frame(TEXT, str(i), **key) for i in range(messages)]))
        p = open_protocol(self.Protocol, stream, size)
        self.assertEqual(p.read(-1, None), '0')
        return p, stream

    def test_replies_go_out_together_before_it_waits(self):
        async def main():
            for open_protocol in (connection, client):
                p, stream = self.opened(5, open_protocol=open_protocol)
                key = b'abcd' if open_protocol is client else None
                expected = b''
                for i in range(5):
                    result = p.write('reply %d' % i, None)
                    self.assertEqual(result, CORKED if i == 0 else None)
                    expected += frame(TEXT, 'reply %d' % i, key=key)
                    self.assertEqual(stream.sent, b'')
                    self.assertEqual(p.locked, 0)
                    if i < 4:
                        self.assertEqual(p.read(-1, None), str(i + 1))
                self.assertIs(p.read(-1, None), None)
                self.assertEqual(stream.sent, expected)
                self.assertEqual(len(stream.writes), 1)
                stream.feed(frame(TEXT, 'x', key=b'abcd' if not key else None))
                await p

        run(main())

    def test_it_is_not_for_a_message_that_is_alone(self):
        async def main():
            p, stream = self.opened(1)
            self.assertIs(p.write('reply', None), None)
            self.assertEqual(stream.sent, reply('reply'))

        run(main())

    def test_flush(self):
        async def main():
            p, stream = self.opened()
            self.assertEqual(p.write('a', None), CORKED)
            self.assertIs(p.write(b'b', None), None)
            self.assertIs(p.flush(), False)
            self.assertEqual(stream.sent, reply('a') + reply(b'b', BINARY))
            self.assertEqual(p.write('c', None), CORKED)  # there still are messages
            self.assertIs(p.flush(), False)
            self.assertEqual(stream.sent[6:], reply('c'))

        run(main())

    def test_once_begun_it_goes_on(self):
        async def main():
            p, stream = self.opened(2)
            p.write('a', None)
            p.read(-1, None)
            self.assertIs(p.write('b', None), None)
            self.assertEqual(stream.sent, b'')
            p.flush()
            self.assertIs(p.write('c', None), None)
            self.assertEqual(stream.sent, reply('a') + reply('b') + reply('c'))

        run(main())

    def test_in_the_middle_of_a_frame(self):
        async def main():
            stream = Stream(frame(TEXT, '0') + frame(TEXT, '1')[:3])
            p = connection(self.Protocol, stream)
            self.assertEqual(p.read(-1, None), '0')
            self.assertEqual(p.write('a', None), CORKED)
            self.assertIs(p.read(-1, None), False)
            self.assertEqual(p.event, MORE)
            self.assertEqual(stream.sent, reply('a'))

        run(main())

    def test_other_frames_send_it_first(self):
        async def main():
            for data, opcode in (
                (b'x', PING),
                (b'x', PONG),
                (b'\x03\xe8', CLOSE),
                (pattern(499), BINARY),  # too long: 14 bytes are counted for the header
                (pattern(3000), BINARY),
            ):
                p, stream = self.opened()
                p.write('a', None)
                p.write('b', None)
                self.assertIs(p.write(data, opcode), None)
                self.assertEqual(stream.sent, reply('a') + reply('b') + reply(data, opcode))

        run(main())

    def test_other_frames_are_not_corked(self):
        async def main():
            for data, opcode in ((b'x', PING), (pattern(499), BINARY)):
                p, stream = self.opened()
                self.assertIs(p.write(data, opcode), None)
                self.assertEqual(stream.sent, reply(data, opcode))

        run(main())

    def test_the_longest_that_is_corked(self):
        async def main():
            for size, most in ((160, 498), (8191, 498), (8192, 8178)):
                if size > LARGE:
                    continue  # nor would a machine with so little memory have such a buffer
                p, stream = self.opened(3, size)
                self.assertEqual(p.write(pattern(most), None), CORKED)
                p, stream = self.opened(3, size)
                self.assertIs(p.write(pattern(most + 1), None), None)

        run(main())

    def test_fragments_are_data(self):
        async def main():
            p, stream = self.opened()
            self.assertEqual(p.write('a', TEXT | 0x80), CORKED)
            self.assertIs(p.write('b', CONT), None)
            p.flush()
            self.assertEqual(stream.sent, b'\x01\x01a\x80\x01b')

        run(main())

    def test_a_full_cork_goes_out(self):
        async def main():
            p, stream = self.opened()
            expected = b''
            corked = []
            for i in range(30):
                corked.append(p.write(pattern(100 + i), None))
                expected += reply(pattern(100 + i), BINARY)
            self.assertTrue(corked.count(CORKED) > 1)
            self.assertTrue(all(0 < n <= 1024 for n in stream.writes))
            p.flush()
            self.assertEqual(stream.sent, expected)

        run(main())

    def test_others_get_their_turn(self):
        async def main():
            p, stream = self.opened()
            results = []
            sent = 0
            for _ in range(100):
                results.append(p.write(bytes(400), None))
                sent += len(stream.sent)
                stream.sent = bytearray()
            self.assertTrue(YIELD in results)
            p.flush()
            self.assertEqual(sent + len(stream.sent), 100 * 404)

        run(main())

    def test_what_the_stream_does_not_take(self):
        async def main():
            for room in (0, 1, 4, 5, 9):
                p, stream = self.opened()
                p.write('ab', None)
                p.write('cd', None)
                expected = reply('ab') + reply('cd')
                stream.give_room(room)
                for text in ('1', '2'):
                    self.assertEqual(p.read(-1, None), text)
                self.assertIs(p.read(-1, None), False if room < 8 else None)
                if room < 8:
                    self.assertEqual(p.event, BLOCKED)
                    self.assertEqual(p.write('x', None), BUSY)
                    self.assertEqual(p.locked, 1 + len(expected) - room)
                    self.assertIs(p.read(-1, None), False)
                    self.assertEqual(p.event, BLOCKED)
                    stream.give_room(1)
                    self.assertIs(p.flush(), room + 1 < 8)
                    self.assertEqual(p.locked, 1 + len(expected) - room - 1 if room + 1 < 8 else 0)
                    stream.give_room(None)
                    await flush(p)
                    self.assertIs(p.read(-1, None), None)
                self.assertEqual(stream.sent, expected)
                stream.feed(frame(TEXT, 'x'))
                await p

        run(main())

    def test_a_frame_behind_a_cork_that_is_not_taken(self):
        async def main():
            for data, opcode in ((b'', CLOSE), (pattern(3000), BINARY), (b'x', PING)):
                p, stream = self.opened()
                p.write('ab', None)
                stream.give_room(2)
                self.assertEqual(p.write(data, opcode), BUSY)
                stream.give_room(None)
                await flush(p)
                self.assertIs(p.write(data, opcode), None)
                self.assertEqual(stream.sent, reply('ab') + reply(data, opcode))
            # Or the cork is taken, and the frame is not.
            p, stream = self.opened()
            p.write('ab', None)
            stream.give_room(9)
            self.assertEqual(p.write(pattern(3000), None), WAITS)
            stream.give_room(None)
            await flush(p)
            self.assertEqual(stream.sent, reply('ab') + reply(pattern(3000), BINARY))

        run(main())

    def test_errors(self):
        async def main():
            for call in (
                lambda p: p.flush(),
                lambda p: p.write(b'', PING),
                lambda p: p.write(pattern(999), None),
                lambda p: [p.read(-1, None) for _ in range(3)],
            ):
                p, stream = self.opened()
                p.write('ab', None)
                stream.fail(32)
                self.assertRaises(OSError, call, p)

        run(main())

    def test_the_memory_of_the_sender(self):
        async def main():
            p, stream = self.opened()
            data = bytearray(b'abc')
            p.write(data, None)
            data[:] = b'xyz'
            p.write(memoryview(data), None)
            data[:] = b'123'
            p.flush()
            self.assertEqual(stream.sent, reply(b'abc', BINARY) + reply(b'xyz', BINARY))

        run(main())
