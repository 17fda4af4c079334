"""Whole frames."""

import unittest

from capacity import LARGE
from frames import BINARY, TEXT, frame
from microdot_websocket.core.frames import encode_frame


class TestFrames(unittest.TestCase):
    def test_encode_frame(self):
        self.assertEqual(encode_frame(TEXT, 'é'), b'\x81\x02\xc3\xa9')
        for data in (b'abc', bytearray(b'abc'), memoryview(b'xabc')[1:]):
            self.assertEqual(encode_frame(BINARY, data), b'\x82\x03abc')
        self.assertEqual(encode_frame(TEXT, 'x' * LARGE), frame(TEXT, b'x' * LARGE, key=None))
