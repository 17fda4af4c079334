"""Frames: their headers, close codes, and what a Close says of each error."""

import unittest

from capacity import LARGE
from frames import BINARY, CONT, PING, TEXT, frame, header
from microdot_websocket.core import frames


class TestFrames(unittest.TestCase):
    def test_header(self):
        for length in (0, 1, 125, 126, 65535, 65536, 0x3FFFFFFF):
            for first in (0x80 | BINARY, CONT, 0xC0 | TEXT, 0x80 | PING):
                expected = bytes([first]) + header(BINARY, length, key=None)[1:]
                self.assertEqual(frames.write_header(first, length), expected)
                expected = bytes([first]) + header(BINARY, length, key=b'abcd')[1:]
                self.assertEqual(frames.write_header(first, length, b'abcd'), expected)

    def test_encode_frame(self):
        encode = frames.encode_frame
        self.assertEqual(encode(TEXT, 'é'), b'\x81\x02\xc3\xa9')
        for data in (b'abc', bytearray(b'abc'), memoryview(b'xabc')[1:]):
            self.assertEqual(encode(BINARY, data), b'\x82\x03abc')
        self.assertEqual(encode(TEXT, 'x' * LARGE), frame(TEXT, b'x' * LARGE, key=None))

    def test_close_codes(self):
        good = [1000, 1001, 1002, 1003, 3000, 4999] + list(range(1007, 1015))
        for code in [0, 999, 2999, 3000, 4999, 5000, 65535, -1, 70000] + list(range(1000, 1020)):
            self.assertEqual(bool(frames.is_close_code(code)), code in good, code)

    def test_what_a_close_says_may_be_sent(self):
        self.assertEqual(sorted(frames.ERRORS), list(range(-21, -9)))
        for code, reason in frames.ERRORS.values():
            self.assertTrue(frames.is_close_code(code))
            self.assertTrue(len(reason.encode()) <= 123)
