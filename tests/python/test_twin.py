"""The twin: how it receives, and what it keeps. See test_twin_arguments.py, test_rules.py and
test_sending.py, too."""

import unittest

from frames import BINARY, TEXT, close, frame, pattern
from memory_stream import run
from microdot_websocket.core.twin import Protocol, spare
from reading_contract import ReadingContract
from scripted_stream import Stream, connection, events_of, receive
from shared_contract import SharedContract, UnreadContract


class TestReading(ReadingContract, unittest.TestCase):
    Protocol = Protocol


class TestShared(SharedContract, unittest.TestCase):
    Protocol = Protocol


class TestUnread(UnreadContract, unittest.TestCase):
    Protocol = Protocol


class TestMemory(unittest.TestCase):
    def test_nothing_is_kept_of_a_message(self):
        """However it has come, and however it was read."""

        async def main():
            text, binary = frame(TEXT, 'x' * 300), frame(BINARY, pattern(300))
            compressed = frame(BINARY, pattern(300), rsv=4)
            for data in (text, binary, compressed):
                for step in (50, 1000):
                    p = connection(Protocol, Stream(data, step), compressed=400)
                    if await receive(p) is False:
                        self.assertEqual(p.data, pattern(300))
                    self.assertIs(p.msg, None)
                    self.assertIs(p.message, None)

        run(main())


class TestSpareBuffer(unittest.TestCase):
    """The read buffer that no connection holds."""

    def setUp(self):
        spare.clear()

    def test_connections_that_wait_share_it(self):
        async def main():
            streams = [Stream() for _ in range(3)]
            protocols = [connection(Protocol, stream, 200) for stream in streams]
            buffer = spare[200]
            for _ in range(2):
                for stream, p in zip(streams, protocols):
                    stream.feed(frame(BINARY, bytes(90)) * 3)
                    for _ in range(3):
                        self.assertEqual(await receive(p), bytes(90))
                    self.assertEqual(list(spare), [200])
                    self.assertIs(spare[200], buffer)

        run(main())

    def test_one_in_the_middle_of_a_frame_holds_it(self):
        async def main():
            p = connection(Protocol, Stream(frame(BINARY, bytes(90))[:50]), 200)
            buffer = spare[200]
            self.assertIs(p.read(-1, None), False)
            self.assertEqual(list(spare), [200])  # all is in the message
            other = connection(Protocol, Stream(frame(BINARY, bytes(90))[:5]), 200)
            self.assertIs(other.read(-1, None), False)
            self.assertEqual(list(spare), [])
            other.abort()
            self.assertIs(spare[200], buffer)

        run(main())

    def test_one_that_has_ended_gives_it_back(self):
        async def main():
            for data in (close(1000), frame(TEXT, 'x') + close(), close() + frame(TEXT, 'x')):
                p = connection(Protocol, Stream(data, 99, True), 200)
                buffer = spare[200]
                await events_of(p)
                self.assertIs(spare.get(200), buffer)
                p = connection(Protocol, Stream(data, 99, True), 200)
                while p.drain() is None:
                    await p
                p.abort()
                self.assertIs(spare.get(200), buffer)

        run(main())

    def test_another_size_takes_its_place(self):
        connection(Protocol, Stream(), 200)
        connection(Protocol, Stream(), 300)
        self.assertEqual([len(buffer) for buffer in spare.values()], [300])

    def test_without_a_connection_it_is_made_too(self):
        Protocol(None, None, 400, 0, 0, 0, 0)
        self.assertEqual(list(spare), [400])
