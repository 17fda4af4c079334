"""The codec as a module of the firmware. Runs only on a MicroPython that has it built in, with a
`_wscodec.mpy` on its path that it could not load."""

import unittest

import _wscodec
import microdot.websocket
import microdot_websocket
from microdot_websocket import codec, features


class TestUserModule(unittest.TestCase):
    def test_it_is_built_in_and_wins_over_the_file(self):
        self.assertFalse(hasattr(_wscodec, '__file__'))
        with self.assertRaises(AttributeError):
            _wscodec.version = 0  # it is in ROM
        self.assertEqual(codec.IMPL, 'native')
        self.assertIs(codec.Protocol, _wscodec.Protocol)

    def test_the_python_code_is_frozen(self):
        for module in (microdot, microdot_websocket, features):
            self.assertEqual(module.__path__, '.frozen/' + module.__name__.replace('.', '/'))

    def test_the_drop_in_is_frozen(self):
        self.assertIs(microdot.websocket.WebSocket, microdot_websocket.WebSocket)
