"""A client's frames on their way out: the contract of `stream.py`, and the mask."""

import asyncio
import unittest

from capacity import LARGE
from frames import BINARY, TEXT, parse, pattern
from memory_stream import open_pair, run, settle
from microdot_websocket._masking import MaskingStream

FIN = 0x80
CLOSE = 8


def open_stream():
    reader, writer, peer = open_pair()
    return MaskingStream(reader, writer), peer


def frames_to(peer):
    sent, peer.sent = peer.sent, bytearray()
    return parse(sent, from_client=True)


class TestMaskingStream(unittest.TestCase):
    def test_lengths(self):
        """Around those of the header, and of the buffer that all connections share."""

        async def main():
            stream, peer = open_stream()
            for n in (0, 1, 125, 126, 1019, 1020, 1021, 1024, 1025, LARGE):
                data = bytearray(pattern(n))
                for payload in (data, bytes(data), memoryview(data)):
                    self.assertIs(stream.write_frame(BINARY, payload), False)
                    self.assertEqual(frames_to(peer), [(FIN | BINARY, pattern(n))])
                self.assertEqual(data, pattern(n))  # what is masked is a copy

        run(main())

    def test_text_and_flags(self):
        async def main():
            stream, peer = open_stream()
            for text in ('', 'é', 'é' * 600):
                stream.write_frame(TEXT, text)
                self.assertEqual(frames_to(peer), [(FIN | TEXT, text.encode())])
            stream.write_frame(0x80 | 0x40 | TEXT, 'not the last, and RSV1')
            self.assertEqual(peer.sent[0], 0x40 | TEXT)
            self.assertEqual(peer.sent[1], 0x80 | 22)

        run(main())

    def test_a_key_for_each_frame(self):
        async def main():
            stream, peer = open_stream()
            keys = set()
            for _ in range(8):
                stream.write_frame(BINARY, b'x')
                keys.add(bytes(peer.sent[2:6]))
                peer.sent = bytearray()
            self.assertEqual(len(keys), 8)

        run(main())

    def test_a_small_frame_is_one_write(self):
        async def main():
            stream, peer = open_stream()
            for n in (0, 1020):
                before = peer.writes
                stream.write_frame(BINARY, pattern(n))
                self.assertEqual(peer.writes, before + 1)

        run(main())

    def test_what_waits(self):
        """It stays as it is, whatever others send, and only a Close goes behind it."""

        async def main():
            for n in (50, LARGE):
                stream, peer = open_stream()
                other, other_peer = open_stream()
                peer.give_room(3)
                data = bytearray(b'a' * n)
                self.assertIs(stream.write_frame(BINARY, data), True)
                data[:] = b'z' * n
                self.assertIs(stream.write_frame(TEXT, 'refused'), None)
                self.assertIs(stream.write_frame(CLOSE, b'\x03\xe8'), True)
                other.write_frame(BINARY, b'b' * 50)
                flushing = asyncio.create_task(stream.flush())
                await settle()
                peer.give_room(None)
                await flushing
                expected = [(FIN | BINARY, b'a' * n), (FIN | CLOSE, b'\x03\xe8')]
                self.assertEqual(frames_to(peer), expected)
                self.assertEqual(frames_to(other_peer), [(FIN | BINARY, b'b' * 50)])

        run(main())
