"""When a Protocol reads and when it waits, and what it holds meanwhile."""

import sys

from capacity import LARGE, SMALL
from frames import BINARY, CLOSE, CONT, PING, TEXT, close, frame, header, pattern
from memory_stream import run
from scripted_stream import MORE, Stream, connection, events_of, receive

BURST = 32
LONG = 4096  # bytes of a frame: behind it some are to gather


class ReadingContract:
    Protocol = None

    def test_nothing_there(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            self.assertIs(p.read(-1, None), None)
            self.assertEqual(p.event, 0)
            stream.feed(frame(TEXT, 'x'))
            await p
            self.assertEqual(p.read(-1, None), 'x')

        run(main())

    def test_between_two_frames_it_reads_if_the_last_read_filled_the_buffer(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            for n, reads_on in ((100, False), (300, True), (100, False)):
                data = frame(TEXT, 'x' * 4) * (n // 10)
                self.assertIs(p.read(-1, None), None)
                stream.feed(data)
                await p
                del stream.reads[:]
                count = 0
                while p.read(-1, None):
                    count += 1
                self.assertEqual(count > 0, True)
                self.assertEqual(len(stream.reads) > 1, reads_on, (n, stream.reads))
                while stream.is_readable():
                    await p
                    while p.read(-1, None):
                        pass
                await p if stream.is_readable() else None
                stream.feed(frame(TEXT, 'y'))
                await p
                self.assertEqual(p.read(-1, None), 'y')

        run(main())

    def test_others_get_their_turn(self):
        async def main():
            stream = Stream(frame(BINARY, bytes(1000)), 1)
            p = connection(self.Protocol, stream)
            p.poll = True
            for _ in range(3):
                before = len(stream.reads)
                self.assertIs(p.read(-1, None), None)
                self.assertEqual(p.event, MORE)
                self.assertEqual(len(stream.reads) - before, BURST)
                await p
            self.assertEqual(len(stream.incoming), 1008 - 3 * BURST)

        run(main())

    def test_waiting_in_the_middle_of_a_frame(self):
        async def main():
            for n in (1, 5, 7, 50):
                stream = Stream(frame(TEXT, 'x' * 90)[:n])
                p = connection(self.Protocol, stream)
                for _ in range(3):
                    self.assertIs(p.read(-1, None), False)
                    self.assertEqual(p.event, MORE)
                p.poll = True
                self.assertIs(p.read(-1, None), None)
                self.assertEqual(p.event, MORE)
                stream.feed(frame(TEXT, 'x' * 90)[n:])
                await p
                self.assertEqual(p.read(-1, None), 'x' * 90)

        run(main())

    def test_whether_frames_get_on(self):
        async def main():
            stream = Stream(header(BINARY, 3000))
            p = connection(self.Protocol, stream)
            seen = []
            for n in (0, 1000, 10, 1000, 990):
                stream.feed(bytes(n))
                while p.read(-1, None) is None:
                    await p
                seen.append(p.waiting)
            self.assertEqual(p.event, BINARY)
            self.assertEqual(seen[4], 0)
            self.assertTrue(0 < seen[0] <= seen[1] <= seen[2] <= seen[3])
            self.assertTrue(seen[3] > seen[0])
            before = seen[3]
            stream.feed(header(BINARY, 1) + b'x' + header(BINARY, 1, fin=False))
            self.assertEqual(len(await receive(p)), 1)
            while p.read(-1, None) is None:
                await p
            self.assertEqual(p.event, MORE)
            self.assertNotEqual(p.waiting, before)

        run(main())

    def test_a_long_payload_is_read_to_its_place(self):
        async def main():
            stream = Stream(frame(BINARY, pattern(LARGE)), 1 << 20)
            p = connection(self.Protocol, stream, buffer_size=200)
            self.assertEqual(await receive(p), pattern(LARGE))
            self.assertTrue(stream.reads[0] <= 200)
            self.assertTrue(stream.reads[1] > LARGE - 200, stream.reads)
            self.assertEqual(p.count, LARGE + 8 if LARGE < 65536 else LARGE + 14)

        run(main())

    def test_how_much_is_read_at_once(self):
        async def main():
            for size in (0, 139, 160, 2048):
                stream = Stream(frame(TEXT, 'x') * (350 if SMALL else 800))
                p = connection(self.Protocol, stream, buffer_size=size)
                for _ in range(300):
                    await receive(p)
                most = max(size, 139)
                self.assertTrue(most - 2 <= max(stream.reads) <= most, stream.reads)

        run(main())

    def test_nothing_is_read_behind_a_close(self):
        async def main():
            for behind in (b'', frame(TEXT, 'x'), b'\xff' * 500):
                stream = Stream(close(1000) + behind, 8)
                p = connection(self.Protocol, stream)
                self.assertEqual(await events_of(p), [(CLOSE, (1000, ''))])
                n = len(stream.reads)
                for _ in range(3):
                    self.assertIs(p.read(-1, None), False)
                    self.assertEqual((p.event, p.code), (CLOSE, 1000))
                self.assertEqual(len(stream.reads), n)

        run(main())

    def test_control_frames_are_valid_until_the_next_read(self):
        async def main():
            p = connection(self.Protocol, Stream(frame(PING, b'abc') + frame(TEXT, 'x')))
            await receive(p)
            self.assertEqual((p.data, p.data), (b'abc', b'abc'))
            await receive(p)
            self.assertIs(p.data, None)

        run(main())

    def test_connections_in_the_middle_of_a_frame(self):
        """What has arrived of each stays its own, whoever has had the read buffer meanwhile."""

        async def main():
            sizes = (40, 80, 120, 300)
            data = [frame(BINARY, pattern(n) + bytes(n)) for n in sizes]
            streams = [Stream() for _ in sizes]
            protocols = [connection(self.Protocol, stream) for stream in streams]
            got = [None] * len(sizes)
            for at in range(0, 620, 31):
                for i, p in enumerate(protocols):
                    p.poll = True
                    if at < len(data[i]):
                        self.assertIs(p.read(-1, None), None)
                        streams[i].feed(data[i][at : at + 31])
                        await p
                        if at + 31 >= len(data[i]):
                            got[i] = p.read(-1, None)
            self.assertEqual(got, [pattern(n) + bytes(n) for n in sizes])

        run(main())

    def test_a_message_that_memory_has_no_room_for(self):
        async def main():
            if sys.implementation.name != 'micropython':
                return
            part = frame(BINARY, b'x', fin=False)
            for data in (
                header(BINARY, 0x3FFFFFFF),
                header(TEXT, 0x3FFFFFFF, fin=False),
                part + header(CONT, 0x3FFFFFF0),
            ):
                p = connection(self.Protocol, Stream(data))
                for _ in range(2):
                    self.assertIs(await receive(p, 0), False)
                    self.assertEqual((p.event, p.code, p.data), (-21, 1009, 'out of memory'))
                p = connection(self.Protocol, Stream(frame(TEXT, 'on')))
                self.assertEqual(await receive(p), 'on')

        run(main())

    # drain()

    def test_draining_until_the_close(self):
        async def main():
            before = frame(TEXT, 'a', fin=False) + frame(PING, b'x') + frame(BINARY, bytes(500))
            # Its payload is a Close, to whoever takes the header for a shorter one.
            before += frame(BINARY, b'\x88\x80' * 500, key=bytes(4), form=64)
            for step in (1, 7, 1000):
                for end in (b'', close(1000), close(), frame(CLOSE, b'\x03')):
                    stream = Stream(before + end, step, True)
                    p = connection(self.Protocol, stream)
                    while p.drain() is None:
                        await p
                    self.assertTrue(len(stream.incoming) < 3)
                    if not end:
                        self.assertIs(p.drain(), True)  # it stays so

        run(main())

    def test_draining_after_each_error(self):
        async def main():
            bad = (
                frame(TEXT, b'x' * 200 + b'\xff' + b'y' * 300),
                frame(BINARY, b'\x88' * 601),
                frame(3, bytes(500)),
                frame(TEXT, b'x', rsv=7),
                frame(TEXT, b'x' * 200, key=None),
                frame(PING, bytes(126)),
                frame(CONT, b'x'),
                frame(BINARY, b'x' * 200, fin=False) * 2,
                frame(BINARY, b'x', fin=False) + frame(CONT, b'\x88' * 200, fin=False) * 3,
            )
            for data in bad:
                for step in (1, 7, 1000):
                    stream = Stream(data + close(1000) + frame(TEXT, 'behind' * 250), step)
                    p = connection(self.Protocol, stream, limit=600, max_fragments=3)
                    await receive(p)
                    self.assertTrue(p.event <= -10)
                    while p.drain() is None:
                        await p
                    self.assertTrue(len(stream.incoming) > 400, (data[:9], step))

        run(main())

    def test_draining_finds_the_close_that_is_itself_wrong(self):
        async def main():
            for bad in (close(1005), frame(CLOSE, b'\x03\xe8\xff'), frame(CLOSE, b'\x03')):
                p = connection(self.Protocol, Stream(bad))
                await receive(p)
                self.assertTrue(p.event <= -10)
                self.assertIs(p.drain(), True)

        run(main())

    def test_draining_in_the_middle_of_a_large_payload(self):
        async def main():
            data = frame(BINARY, bytes(1000))
            for have in (1, 6, 8, 9, 100, 400):
                stream = Stream(data[:have])
                p = connection(self.Protocol, stream)
                p.poll = True
                self.assertIs(p.read(-1, None), None)
                stream.feed(data[have:] + close())
                await p
                while p.drain() is None:
                    await p
                self.assertTrue(len(stream.incoming) < 3)

        run(main())

    def test_draining_after_a_length_that_cannot_be(self):
        async def main():
            stream = Stream(header(BINARY, 1 << 63) + bytes(5000) + close(), 1000, True)
            p = connection(self.Protocol, stream)
            await receive(p)
            while p.drain() is None:
                await p
            self.assertTrue(len(stream.incoming) < 3)
            self.assertIs(p.drain(), True)

        run(main())

    def test_draining_lets_others_have_their_turn(self):
        async def main():
            stream = Stream(frame(BINARY, bytes(1000)) + close(), 1)
            p = connection(self.Protocol, stream)
            self.assertIs(p.drain(), None)
            self.assertEqual(len(stream.reads), BURST)
            await p
            self.assertIs(p.drain(), None)
            self.assertEqual(len(stream.reads), 2 * BURST)
            await p

        run(main())

    def test_draining_a_stream_that_breaks(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            stream.fail(104)
            self.assertRaises(OSError, p.drain)

        run(main())

    def test_another_close_is_waited_for(self):
        async def main():
            stream = Stream(close(1000))
            p = connection(self.Protocol, stream)
            await receive(p)
            self.assertIs(p.drain(), None)  # until that one
            stream.end()
            await p
            self.assertIs(p.drain(), True)

        run(main())
