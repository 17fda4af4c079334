"""The package's face."""

import sys
import unittest

import microdot_websocket


class TestFace(unittest.TestCase):
    def test_names(self):
        for name in microdot_websocket.__all__:
            self.assertTrue(hasattr(microdot_websocket, name), name)

    def test_microdot_names(self):
        # What Microdot's own module has, and its asgi and wsgi modules import.
        for name in (
            'WebSocket',
            'WebSocketError',
            'websocket_upgrade',
            'websocket_wrapper',
            'with_websocket',
        ):
            self.assertIn(name, microdot_websocket.__all__)

    def test_install_is_for_cpython(self):
        cpython = sys.implementation.name == 'cpython'
        self.assertEqual(hasattr(microdot_websocket, 'install'), cpython)

    def test_boards_do_not_load_what_cpython_needs(self):
        cpython = sys.implementation.name == 'cpython'
        self.assertEqual('microdot_websocket.cpython' in sys.modules, cpython)
