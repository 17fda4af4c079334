"""What of WebSocket is imported when it is first used."""

import unittest

from memory_stream import run
from microdot_websocket import WebSocket, features


class TestFeatures(unittest.TestCase):
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
