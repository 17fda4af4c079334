"""What a Protocol makes of messages and control frames, in whatever pieces they come: the part of
the contract for RFC 6455, sections 5.2 to 5.6."""

from capacity import SMALL, fitting, sample
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame, pattern
from memory_stream import run
from scripted_stream import Stream, client, connection, events_of, receive

STEPS = (1, 2, 3, 7, 139, 1000000)
TRAILING = (b'', frame(TEXT, 'next'), b'\x00' * 3)
WAYS = sample([(trailing, step) for trailing in TRAILING for step in STEPS], 9)


def feed(test, open_protocol, data, expected, ways=WAYS):
    """Feed data to new protocols in all the ways; expected: what events_of() has to return."""

    async def main():
        for trailing, step in ways:
            stream = Stream(data + trailing, step, True)
            events = await events_of(open_protocol(stream))
            test.assertEqual(events[: len(expected)], expected, (step, trailing))
            if not trailing:
                test.assertEqual(len(events), len(expected), step)
            for event, got in zip(expected, events):
                test.assertIs(type(got[1]), type(event[1]))

    run(main())


class MessagesContract:
    Protocol = None

    def check(self, data, expected, ways=WAYS, **options):
        feed(
            self, lambda stream: connection(self.Protocol, stream, **options), data, expected, ways
        )

    def test_text_and_binary(self):
        self.check(frame(TEXT, 'Hello'), [(TEXT, 'Hello')])
        self.check(frame(TEXT, 'é€😀'), [(TEXT, 'é€😀')])
        self.check(frame(BINARY, b'\x00\xff'), [(BINARY, b'\x00\xff')])

    def test_empty_messages_are_delivered(self):
        self.check(frame(TEXT) + frame(BINARY), [(TEXT, ''), (BINARY, b'')])
        fragments = frame(BINARY, fin=False) + frame(CONT, fin=False) + frame(CONT)
        self.check(fragments, [(BINARY, b'')])

    def test_every_form_of_the_length(self):
        for n in fitting(1, 124, 125, 126, 127, 1000, 65535, 65536, 65537):
            payload = pattern(n)
            text = 'é' + 'x' * (n - 2) if n > 1 else 'x'
            data = frame(BINARY, payload) + frame(TEXT, text)
            ways = WAYS if n < 1000 else [(b'', 139), (b'', 1000000)]
            self.check(data, [(BINARY, payload), (TEXT, text)], ways)

    def test_whatever_the_buffer_size(self):
        lengths = sample(range(0, 300 if SMALL else 600, 7), 5)
        data = b''.join([frame(BINARY, bytes(n)) + frame(PING, bytes(n % 126)) for n in lengths])
        expected = []
        for n in lengths:
            expected += [(BINARY, bytes(n)), (PING, bytes(n % 126))]
        for size in (0, 139, 140, 256, 600, 2048):
            self.check(data, expected, [(b'', 1000)], buffer_size=size)

    def test_messages_are_independent_objects(self):
        async def main():
            data = frame(BINARY, b'a' * 300) + frame(BINARY, b'b' * 300) + frame(TEXT, 'é' * 9)
            events = await events_of(connection(self.Protocol, Stream(data, 99, True)))
            messages = [message for _, message in events]
            self.assertEqual(messages, [b'a' * 300, b'b' * 300, 'é' * 9])
            # A message made in place must be like any other object, as a dict key too.
            found = {bytes(bytearray(b'a' * 300)): 1, b'x': 2, 'é' * 9: 3, b'z': 4}
            self.assertEqual([found.get(message) for message in messages], [1, None, 3])
            self.assertEqual(hash(messages[1]), hash(b'b' * 300))
            self.assertEqual(messages[2] + '!', 'é' * 9 + '!')
            self.assertEqual(len(messages[2]), 9)

        run(main())

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
        for at in sample(range(len(data) + 1), 3):
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
        pings = [(PING, b'1'), (PING, b'2' * 125), (PONG, b'3'), (PING, b''), (BINARY, message)]
        self.check(data, pings)

    def test_close(self):
        for code in (1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999):
            self.check(close(code), [(CLOSE, (code, ''))], WAYS[:2])
            self.check(close(code, 'bye é'), [(CLOSE, (code, 'bye é'))], WAYS[:2])
        self.check(close(), [(CLOSE, (1005, ''))])
        self.check(close(1000, 'x' * 123), [(CLOSE, (1000, 'x' * 123))])
        self.check(frame(TEXT, 'a', fin=False) + close(1001), [(CLOSE, (1001, ''))])

    def test_a_client_gets_unmasked_frames(self):
        data = (
            frame(TEXT, 'Hello', key=None)
            + frame(BINARY, b'x' * 500, key=None)
            + frame(PING, b'abc', key=None)
            + frame(TEXT, 'é', fin=False, key=None)
            + frame(CONT, 'é', key=None)
        )
        expected = [(TEXT, 'Hello'), (BINARY, b'x' * 500), (PING, b'abc'), (TEXT, 'éé')]
        feed(self, lambda stream: client(self.Protocol, stream), data, expected)

    def test_the_attributes_of_a_message(self):
        async def main():
            data = frame(TEXT, 'a') + frame(BINARY, b'b' * 300) + frame(PING) + frame(TEXT)
            p = connection(self.Protocol, Stream(data))
            self.assertEqual((p.count, p.event, p.compressed, p.poll), (0, 0, False, False))
            for event, opcode in ((TEXT, TEXT), (BINARY, BINARY), (PING, BINARY), (TEXT, TEXT)):
                await receive(p)
                self.assertEqual((p.event, p.opcode, p.waiting), (event, opcode, 0))
            self.assertEqual(p.count, len(data))
            self.assertFalse(p.compressed)

        run(main())
