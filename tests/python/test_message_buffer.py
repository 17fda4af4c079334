"""Messages that are gathered in the object they end up in."""

import sys
import unittest

from capacity import LARGE
from frames import pattern
from microdot_websocket import _message_buffer
from microdot_websocket._message_buffer import new_message


class TestMessageBuffer(unittest.TestCase):
    def filled(self, n):
        whole, buffer = new_message(n)
        self.assertEqual(len(buffer), n)
        buffer[:] = pattern(n)
        return bytes(buffer) if whole is None else whole

    def test_like_any_bytes_object(self):
        for n in (1, 63, 64, 65, 1000, LARGE):
            message = self.filled(n)
            same = bytes(bytearray(pattern(n)))
            self.assertIs(type(message), bytes)
            self.assertEqual(message, same)
            self.assertEqual(hash(message), hash(same))
            # Several keys, so that the look-up goes by the hash.
            self.assertEqual({same: 1, b'a': 2, b'b': 3, b'c': 4}.get(message), 1)
            self.assertEqual({message: 1, b'a': 2, b'b': 3, b'c': 4}.get(same), 1)

    def test_constants_stay_as_they_are(self):
        whole, buffer = new_message(0)
        self.assertEqual(len(buffer), 0)
        self.assertEqual(hash(b''), hash(bytes(0)))

    def test_copied_only_where_it_must_be(self):
        whole, _ = new_message(1000)
        # Every MicroPython that the tests run on has uctypes.
        micropython = sys.implementation.name == 'micropython'
        self.assertIs(type(whole), bytes if micropython else type(None))


if sys.implementation.name == 'micropython':

    class TestAddresses(unittest.TestCase):
        def tearDown(self):
            _message_buffer.sys = sys
            del _message_buffer.id

        def test_addresses_on_32_bits(self):
            _message_buffer.sys = type('sys', (), {'maxsize': 0x7FFFFFFF})
            _message_buffer.id = lambda obj: obj
            # id() gives these for 0x3ffb1230, 0x580d7940 and 0xd0001000 there.
            for address, value in (
                (0x3FFB1230, 0x3FFB1230),
                (0x580D7940, -0x27F286C0),
                (0xD0001000, 0xD0001000),
            ):
                self.assertEqual(_message_buffer._address(value), address)
