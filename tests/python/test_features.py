"""What of WebSocket is imported when it is first used."""

import sys
import unittest

from memory_stream import run
from microdot_websocket import WebSocket, features


class TestFeatures(unittest.TestCase):
    def test_each_name_when_it_is_first_used(self):
        """On CPython all are there from the beginning."""

        async def main():
            ws = WebSocket(None)
            for name in list(features.MODULES) + ['handshake']:
                self.assertTrue(callable(features.get(ws, name)))

        run(main())

    def test_every_name_is_there(self):
        async def main():
            ws = WebSocket(None)
            for name in features.MODULES:
                self.assertTrue(callable(getattr(ws, name)))
                self.assertTrue(name in dir(WebSocket))  # from now on

        run(main())

    def test_values_before_there_are_any(self):
        ws = WebSocket(None)
        for name in ('close_code', 'close_reason', 'subprotocol', 'message_type'):
            self.assertIs(getattr(ws, name), None)
        self.assertEqual((ws.ping_interval, ws.ping_timeout, ws.compression), (0, 20, False))

    def test_other_names(self):
        ws = WebSocket(None)
        self.assertFalse(hasattr(ws, 'recieve'))
        with self.assertRaises(AttributeError) as raised:
            ws.recieve  # noqa: B018
        self.assertIn("'recieve'", str(raised.exception))


class TestNoMemory(unittest.TestCase):
    def test_no_memory_for_a_module(self):
        """Nothing is left of it, which MicroPython would take for a module that is whole."""

        def no_memory(*args):
            sys.modules['half_a_module'] = None
            raise MemoryError

        before = list(sys.modules)
        features.__import__ = no_memory
        try:
            with self.assertRaises(MemoryError):
                features.load('ping')
        finally:
            del features.__import__
        self.assertEqual([name for name in sys.modules if name not in before], [])
