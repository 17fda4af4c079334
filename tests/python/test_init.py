"""The package's face."""

import sys
import unittest

import microdot_websocket
from microdot_websocket import WebSocket, codec


class TestFace(unittest.TestCase):
    def test_microdot_names(self):
        # What Microdot's own module has, and its asgi and wsgi modules import.
        for name in (
            'WebSocket',
            'WebSocketError',
            'websocket_upgrade',
            'websocket_wrapper',
            'with_websocket',
        ):
            self.assertTrue(hasattr(microdot_websocket, name), name)

    def test_install_is_for_cpython(self):
        cpython = sys.implementation.name == 'cpython'
        self.assertEqual(hasattr(microdot_websocket, 'install'), cpython)

    def test_the_read_buffer(self):
        size = WebSocket.read_buffer_size
        if sys.implementation.name == 'cpython':
            self.assertEqual(size, 131072 if codec.IMPL == 'native' else 16384)
        else:
            self.assertIn(size, (512, 2048, 16384))

    def test_boards_do_not_load_what_cpython_needs(self):
        cpython = sys.implementation.name == 'cpython'
        self.assertEqual('microdot_websocket.cpython' in sys.modules, cpython)
