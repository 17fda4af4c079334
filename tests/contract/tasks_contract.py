"""Tasks that wait for a Protocol's stream: one to read, one to write, and what wakes them."""

import asyncio
import sys

from frames import BINARY, CLOSE, TEXT, close, frame, pattern
from memory_stream import run, settle
from scripted_stream import END, MORE, WOKEN, Stream, client, connection, flush, receive

WAITS = 3
ON_MICROPYTHON = sys.implementation.name == 'micropython'


class Reader:
    """A task in read(): what that has returned, with the event."""

    def __init__(self, p):
        self.p = p
        self.got = []
        self.task = asyncio.create_task(self.run())

    async def run(self):
        p = self.p
        try:
            while True:
                message = p.read(-1, None)
                if message is None:
                    await p
                elif message is False and p.event == MORE:
                    p.poll = True
                else:
                    self.got.append((p.event, message))
                    if message is False:
                        return
        except asyncio.CancelledError:
            p.register()
            raise


class Writer:
    """A task in flush(): `done` is True in the end, or the exception."""

    def __init__(self, p):
        self.p = p
        self.done = False
        self.task = asyncio.create_task(self.run())

    async def run(self):
        try:
            await flush(self.p)
            self.done = True
        except asyncio.CancelledError:
            self.p.register()
            raise
        except Exception as exc:
            self.done = exc


async def cancel(task):
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


class TasksContract:
    Protocol = None

    async def both_wait(self, open_protocol=connection, data=None):
        """(protocol, stream, Reader, Writer), of which both wait."""
        stream = Stream()
        p = open_protocol(self.Protocol, stream)
        stream.give_room(3)
        self.assertEqual(p.write(data or pattern(300), None), WAITS)
        reader, writer = Reader(p), Writer(p)
        await settle()
        return p, stream, reader, writer

    def test_each_is_woken_by_its_own_event(self):
        async def main():
            p, stream, reader, writer = await self.both_wait()
            stream.feed(frame(TEXT, 'a'))
            await settle()
            self.assertEqual((reader.got, writer.done), ([(TEXT, 'a')], False))
            stream.give_room(None)
            await settle()
            self.assertIs(writer.done, True)
            self.assertEqual(stream.sent, frame(BINARY, pattern(300), key=None))
            stream.feed(frame(TEXT, 'b') + close())
            await reader.task
            self.assertEqual(reader.got[1:], [(TEXT, 'b'), (CLOSE, False)])

        run(main())

    def test_both_are_woken_when_the_stream_breaks(self):
        async def main():
            p, stream, reader, writer = await self.both_wait()
            stream.fail(104)
            with self.assertRaises(OSError):
                await reader.task
            await writer.task
            self.assertTrue(isinstance(writer.done, OSError))

        run(main())

    def test_a_cancelled_reader_leaves_the_writer(self):
        async def main():
            p, stream, reader, writer = await self.both_wait()
            await cancel(reader.task)
            await settle()
            stream.give_room(None)
            await writer.task
            self.assertIs(writer.done, True)
            stream.feed(frame(TEXT, 'a'))
            self.assertEqual(await receive(p), 'a')

        run(main())

    def test_a_cancelled_writer_leaves_the_reader(self):
        async def main():
            for open_protocol, key in ((connection, None), (client, b'abcd')):
                data = bytearray(pattern(300))
                p, stream, reader, writer = await self.both_wait(open_protocol, data)
                await cancel(writer.task)
                data[:] = bytes(300)  # it is its owner's again
                stream.feed(frame(TEXT, 'a', key=b'abcd' if key is None else None))
                await settle()
                self.assertEqual(reader.got, [(TEXT, 'a')])
                stream.give_room(None)
                await flush(p)
                self.assertEqual(stream.sent, frame(BINARY, pattern(300), key=key))
                stream.end()
                await reader.task

        run(main())

    def test_one_that_was_cancelled_waits_for_something_else(self):
        async def main():
            p, stream, reader, writer = await self.both_wait()
            await cancel(reader.task)
            other_stream = Stream()
            other = Reader(connection(self.Protocol, other_stream))
            await settle()
            p.schedule()
            await settle()
            self.assertEqual(other.got, [])
            stream.feed(frame(TEXT, 'a'))
            self.assertEqual(await receive(p), 'a')
            other_stream.end()
            await other.task
            p.abort()
            await writer.task

        run(main())

    def test_cancelling_loses_nothing(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            data = frame(TEXT, 'é' * 300) + frame(BINARY, pattern(700))
            got = []
            for at in range(0, len(data), 50):
                reader = Reader(p)
                await settle()
                await cancel(reader.task)
                stream.feed(data[at : at + 50])
                got += reader.got
            stream.end()
            reader = Reader(p)
            await reader.task
            expected = [(TEXT, 'é' * 300), (BINARY, pattern(700)), (END, False)]
            self.assertEqual(got + reader.got, expected)

        run(main())

    # a second task

    def test_a_second_reader(self):
        async def main():
            p, stream, reader, writer = await self.both_wait()
            self.assertIs(p.read(-1, None), False)
            self.assertEqual(p.event, WOKEN)
            self.assertIs(p.drain(), False)
            self.assertRaises(RuntimeError, p.wait)
            stream.feed(frame(TEXT, 'a'))
            await settle()
            self.assertEqual(reader.got, [(TEXT, 'a')])
            stream.give_room(None)
            await writer.task
            stream.end()
            await reader.task

        run(main())

    def test_wake(self):
        async def main():
            p, stream, reader, writer = await self.both_wait()
            p.schedule()
            p.schedule()
            await settle()
            self.assertEqual((reader.got, writer.done), ([(WOKEN, False)], False))
            stream.feed(frame(TEXT, 'a'))
            self.assertEqual(await receive(p), 'a')  # it was told once
            stream.give_room(None)
            await settle()
            self.assertIs(writer.done, True)

        run(main())

    def test_waking_nobody(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            p.schedule()
            stream.feed(frame(TEXT, 'a'))
            self.assertEqual(await receive(p), 'a')
            reader = Reader(p)
            await settle()
            await cancel(reader.task)
            p.schedule()
            stream.feed(frame(TEXT, 'b'))
            self.assertEqual(await receive(p), 'b')

        run(main())

    def test_waking_one_that_is_cancelled(self):
        async def main():
            stream = Stream()
            p = connection(self.Protocol, stream)
            reader = Reader(p)
            await settle()
            p.schedule()
            await cancel(reader.task)
            stream.feed(frame(TEXT, 'a'))
            self.assertEqual(await receive(p), 'a')

        run(main())

    def test_a_closer_takes_the_reading_over(self):
        async def main():
            for waits in (True, False):
                stream = Stream(frame(BINARY, bytes(500))[:300])
                p = connection(self.Protocol, stream)
                reader = Reader(p)
                await settle()
                p.schedule()
                if waits:
                    self.assertIs(p.drain(), None)
                    stream.feed(frame(BINARY, bytes(500))[300:] + close())
                    await p
                else:
                    stream.feed(frame(BINARY, bytes(500))[300:] + close())
                while p.drain() is None:
                    await p
                await settle()
                self.assertEqual(reader.got, [(WOKEN, False)])
                self.assertTrue(len(stream.incoming) < 3)

        run(main())

    def test_not_waiting(self):
        async def main():
            p = connection(self.Protocol, Stream())
            await p
            stream = Stream(frame(TEXT, 'a'))
            p = connection(self.Protocol, stream)
            self.assertEqual(p.read(-1, None), 'a')
            await p
            self.assertIs(p.read(-1, None), None)
            stream.feed(frame(TEXT, 'b'))
            for _ in range(3):
                await p
            self.assertEqual(p.read(-1, None), 'b')
            await p
            p.register()

        run(main())

    # abort()

    def test_abort(self):
        async def main():
            p, stream, reader, writer = await self.both_wait()
            p.abort()
            await settle()
            self.assertEqual(reader.got, [(END, False)])
            self.assertTrue(isinstance(writer.done, OSError))
            stream.give_room(None)
            for _ in range(2):
                self.assertRaises(OSError, p.write, 'x', None)
                self.assertRaises(OSError, p.write, b'', CLOSE)
                self.assertRaises(OSError, p.flush)
                self.assertIs(p.read(-1, None), False)
                self.assertEqual(p.event, END)
                self.assertEqual(p.locked, 0)
                self.assertIs(p.drain(), True)
                p.schedule()
                p.register()
                p.abort()
            self.assertEqual(len(stream.sent), 3)

        run(main())

    def test_abort_when_nobody_waits(self):
        async def main():
            for data in (b'', frame(TEXT, 'ab')[:5], frame(BINARY, bytes(500))[:300]):
                stream = Stream(data)
                p = connection(self.Protocol, stream)
                if data:
                    self.assertIs(p.read(-1, None), False)
                p.abort()
                stream.feed(frame(TEXT, 'x'))
                self.assertIs(p.read(-1, None), False)
                self.assertEqual(p.event, END)
            p = connection(self.Protocol, Stream(frame(TEXT, 'a') * 2))
            p.read(-1, None)
            p.write('corked', None)
            p.abort()
            self.assertRaises(OSError, p.flush)

        run(main())

    def test_an_aborted_protocol_makes_nobody_wait(self):
        async def main():
            p = connection(self.Protocol, Stream())
            p.abort()
            try:
                await p.wait()
            except OSError:
                pass

        run(main())

    def test_abort_and_wake_take_no_memory(self):
        async def main():
            if not ON_MICROPYTHON:
                return
            from micropython import heap_lock, heap_unlock

            p, stream, reader, writer = await self.both_wait()
            address = id(stream)
            heap_lock()
            try:
                p.abort()
            except MemoryError:
                self.assertTrue(address >= 1 << 30)  # MicroPython's poll.unregister() makes an int
            finally:
                heap_unlock()
            await settle()
            self.assertEqual(reader.got, [(END, False)])
            self.assertTrue(isinstance(writer.done, OSError))

        run(main())

    def test_in_event_loops_one_after_another(self):
        stream = Stream()
        p = connection(self.Protocol, stream)

        async def main(text):
            self.assertIs(p.read(-1, None), None)
            stream.feed(frame(TEXT, text))
            await p
            self.assertEqual(p.read(-1, None), text)

        for text in ('a', 'b', 'c'):
            run(main(text))
