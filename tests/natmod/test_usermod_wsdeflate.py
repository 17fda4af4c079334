"""What compresses, as a module of the firmware: see test_usermod_wscodec.py."""

import unittest

import _wsdeflate
from microdot_websocket.features import compression


class TestUserModule(unittest.TestCase):
    def test_it_is_built_in(self):
        self.assertFalse(hasattr(_wsdeflate, '__file__'))
        with self.assertRaises(AttributeError):
            _wsdeflate.version = 0  # it is in ROM
        self.assertIs(compression.inflate, _wsdeflate.inflate)

    def test_both_ways(self):
        data = b'abc' * 100
        message = compression.deflate(data, 15, 6)
        self.assertEqual(_wsdeflate.inflate(message, 15, 300), data)
        buf = bytearray(301)
        self.assertEqual(compression.Inflater(message, 9, 15).readinto(buf), 300)
