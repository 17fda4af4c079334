"""What a Protocol tells of a connection beside others, for limits over all connections; and of one
that nobody reads, for features/background.py."""

import asyncio

from errors_contract import MEMORY
from frames import BINARY, CLOSE, CONT, PING, TEXT, close, frame, pattern
from memory_stream import run, settle
from scripted_stream import FULL, MORE, UNREAD, Stream, connection, events_of, receive

COMPRESSED = 4  # RSV1


class SharedContract:
    Protocol = None

    def begun(self, payload, arrived, **options):
        """A Protocol in the middle of this message."""
        stream = Stream(frame(BINARY, payload)[: 8 + arrived])
        p = connection(self.Protocol, stream, **options)
        self.assertIs(p.read(-1, None), False)
        self.assertEqual(p.event, MORE)
        return p, stream

    def test_bytes_of_all_messages_in_progress(self):
        async def main():
            first, stream = self.begun(pattern(300), 200)
            held = first.sum - 300
            second, other = self.begun(pattern(500), 10)
            self.assertEqual(first.sum, held + 800)
            self.assertEqual(second.sum, held + 800)
            stream.feed(frame(BINARY, pattern(300))[208:])
            self.assertEqual(await receive(first), pattern(300))
            self.assertEqual(second.sum, held + 500)
            second.abort()
            self.assertEqual(second.sum, held)
            second.abort()
            self.assertEqual(first.sum, held)

        run(main())

    def test_a_limit_for_all_together(self):
        async def main():
            first, stream = self.begun(pattern(300), 200)
            held = first.sum
            for most, error in ((held + 400, 0), (held + 399, MEMORY)):
                data = frame(BINARY, pattern(400), key=b'abcd')
                p = connection(self.Protocol, Stream(data, 50), held=most)
                if error:
                    self.assertIs(await receive(p), False)
                    self.assertEqual((p.event, p.code), (error, 1009))
                else:
                    self.assertEqual(await receive(p), pattern(400))
                p.abort()
            # Also of one that grows; and room for fragments to come counts.
            data = frame(BINARY, pattern(90), fin=False) + frame(CONT, pattern(400))
            p = connection(self.Protocol, Stream(data, 50), held=held + 300)
            self.assertEqual([event for event, _ in await events_of(p)], [MEMORY])
            p.abort()
            first.abort()

        run(main())

    def test_one_alone_may_take_all(self):
        async def main():
            p = connection(self.Protocol, Stream())
            if p.sum:  # messages that other tests have left in the middle
                return
            for data in (
                frame(BINARY, pattern(400)),
                frame(TEXT, 'x' * 90, fin=False) + frame(CONT, 'y'),
            ):
                p = connection(self.Protocol, Stream(data, 60), held=0)
                self.assertTrue(await receive(p))

        run(main())

    def test_which_has_been_silent_the_longest(self):
        async def main():
            streams = [Stream() for _ in range(3)]
            protocols = [connection(self.Protocol, stream) for stream in streams]
            for order in ((0, 1, 2), (2, 0, 1), (1, 1, 0, 2)):
                for i in order:
                    streams[i].feed(frame(TEXT, 'x'))
                    self.assertEqual(await receive(protocols[i]), 'x')
                latest = sorted(range(3), key=lambda i: protocols[i].time)
                self.assertEqual(tuple(latest), order[-3:])

        run(main())

    def test_a_number_of_the_message_in_progress(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)

            async def number(data, buffer=None):
                """What it is when so much has arrived, and a task waits for more."""
                stream.feed(data)
                task = asyncio.create_task(receive(p, -1, buffer))
                await settle()
                n = p.start
                task.cancel()
                await settle()
                p.register()
                return n

            self.assertEqual(p.start, 0)
            seen = []
            for opcode in (TEXT, BINARY):
                first = frame(opcode, b'x' * 300, fin=False)
                last = frame(CONT, b'y')
                seen.append(await number(first[:200]))
                self.assertEqual(await number(first[200:] + last[:3]), seen[-1])
                stream.feed(last[3:])
                self.assertEqual(len(await receive(p)), 301)
                self.assertEqual(p.start, 0)
            self.assertTrue(0 < seen[0] < seen[1])
            # It takes no memory of its own:
            self.assertTrue(await number(frame(TEXT, b'x' * 300)[:200], bytearray(400)) < 0)

        run(main())


class UnreadContract:
    Protocol = None

    def opened(self, data=b'', step=1 << 20):
        stream = Stream(data, step)
        return connection(self.Protocol, stream), stream

    def test_writes_without_a_read(self):
        """Not before the first message, which WebSocket.update() takes care of."""
        p, stream = self.opened()
        self.assertEqual([p.write('x', None) for _ in range(3)], [None] * 3)
        stream.feed(frame(TEXT, 'x'))
        self.assertEqual(p.read(-1, None), 'x')
        self.assertEqual([p.write('x', None) for _ in range(5)], [None, UNREAD, None, None, None])

    def test_after_each_message_again(self):
        async def main():
            p, stream = self.opened()
            for _ in range(3):
                stream.feed(frame(TEXT, 'x'))
                self.assertEqual(await receive(p), 'x')
                written = [p.write(data, None) for data in ('x', b'x', 'x')]
                self.assertEqual(written, [None, UNREAD, None])

        run(main())

    def test_not_while_a_task_waits(self):
        async def main():
            p, stream = self.opened(frame(TEXT, 'x'))
            self.assertEqual(p.read(-1, None), 'x')
            p.write('x', None)
            self.assertIs(p.read(-1, None), None)
            for _ in range(5):
                self.assertIs(p.write('x', None), None)
            stream.feed(frame(TEXT, 'x'))
            await p
            self.assertEqual(p.read(-1, None), 'x')
            self.assertEqual([p.write('x', None) for _ in range(2)], [None, UNREAD])

        run(main())

    def test_an_echo_is_never_asked(self):
        async def main():
            p, stream = self.opened(frame(TEXT, 'x') * 20, 7)
            for _ in range(20):
                self.assertEqual(await receive(p), 'x')
                self.assertNotEqual(p.write('x', None), UNREAD)
                p.flush()

        run(main())

    # reading ahead: False in place of the buffer

    def test_whole_messages_that_fit_and_control_frames(self):
        async def main():
            data = frame(TEXT, 'é') + frame(PING, b'p') + frame(BINARY, b'x' * 50) + close(1001)
            for step in (1, 9, 500):
                p, _ = self.opened(data, step)
                self.assertEqual(
                    await events_of(p, 50, False),
                    [(TEXT, 'é'), (PING, b'p'), (BINARY, b'x' * 50), (CLOSE, (1001, ''))],
                )

        run(main())

    def test_other_messages_are_left(self):
        async def main():
            whole = frame(BINARY, b'x' * 51)
            for data, size in (
                (whole, 51),
                (frame(TEXT, b'ab', fin=False) + frame(CONT, b'c'), 3),
                (frame(TEXT, b'', fin=False) + frame(PING) + frame(CONT, b'cd'), 2),
            ):
                for step in (1, 9, 500):
                    p, _ = self.opened(frame(TEXT, 'x') + data + frame(TEXT, 'y'), step)
                    self.assertEqual(await receive(p, 50, False), 'x')
                    for _ in range(2):
                        self.assertIs(await receive(p, 50, False), False)
                        self.assertEqual(p.event, FULL)
                    buffer = bytearray(60)
                    if step == 9:
                        n = await receive(p, -1, buffer)
                        while n is False:
                            n = await receive(p, -1, buffer)
                        self.assertEqual(n, size)
                        self.assertEqual(await receive(p, -1, buffer), 1)
                    else:
                        message = await receive(p)
                        while message is False:
                            message = await receive(p)
                        self.assertEqual(len(message), size)
                        self.assertEqual(await receive(p), 'y')

        run(main())

    def test_compressed_messages_are_left(self):
        async def main():
            data = frame(TEXT, b'abc', rsv=COMPRESSED)
            p = connection(self.Protocol, Stream(data), compressed=99)
            self.assertIs(await receive(p, 50, False), False)
            self.assertEqual(p.event, FULL)
            self.assertIs(await receive(p), False)
            self.assertEqual((p.event, p.compressed, p.data), (TEXT, True, b'abc'))

        run(main())

    def test_the_rules_hold(self):
        async def main():
            for data in (frame(TEXT, b'\xff'), frame(3), frame(CONT), frame(TEXT, 'x', key=None)):
                p, _ = self.opened(data)
                self.assertIs(await receive(p, 50, False), False)
                self.assertTrue(p.event <= -10)

        run(main())
