"""Reading from what only hands out bytes."""

import asyncio
import unittest

from memory_stream import run, settle
from microdot_websocket._piece_reader import PieceReader


class Reader(PieceReader):
    def __init__(self, *pieces):
        self._reader = self
        self.pieces = list(pieces)

    async def read(self, n):
        return self.pieces.pop(0)[:n]


class TestPieceReader(unittest.TestCase):
    def test_readinto(self):
        async def main():
            reader = Reader(b'abcdef', b'g', b'')
            buf = bytearray(8)
            view = memoryview(buf)
            self.assertIs(reader.readinto(view), None)
            await reader.readable()
            self.assertEqual(reader.readinto(view[2:6]), 4)
            self.assertEqual(buf, b'\0\0abcd\0\0')
            self.assertEqual(reader.readinto(view), 2)
            self.assertIs(reader.readinto(view), None)
            await reader.readable()
            self.assertEqual(reader.readinto(buf), 1)
            self.assertEqual(buf[:2], b'gf')
            for _ in range(2):  # it has ended, and stays so
                await reader.readable()
                self.assertEqual(reader.readinto(view), 0)

        run(main())

    def test_others_get_their_turn_while_there_is_something(self):
        async def main():
            reader = Reader(b'abcdef')
            await reader.readable()
            turns = []

            async def other():
                turns.append(reader)

            task = asyncio.create_task(other())
            await reader.readable()
            self.assertEqual(len(turns), 1)
            await task

        run(main())

    def test_who_is_always_cancelled_reads_at_last(self):
        async def main():
            reader = Reader(b'abcdef')
            await reader.readable()
            for got in (False, True, False, True):
                task = asyncio.create_task(reader.readable())
                await asyncio.sleep(0)
                self.assertEqual(task.done(), got)
                task.cancel()
                await settle()

        run(main())
