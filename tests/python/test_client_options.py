"""The options of connect()."""

import unittest

from microdot_websocket import WebSocket
from microdot_websocket.features import attributes
from microdot_websocket.features.client_options import check, give


class TestClientOptions(unittest.TestCase):
    def test_there_are_others_than_a_server_has(self):
        for name in ('origins', 'subprotocols', 'x'):
            with self.assertRaises(TypeError) as raised:
                check({name: ()}, ())
            self.assertIn('min_delay', str(raised.exception))
        check({'min_delay': 1, 'sock': None, 'ping_interval': 5, 'compression': True}, ('a',))
        with self.assertRaises(TypeError):
            attributes.check({'min_delay': 1})

    def test_wrong_kinds(self):
        for options, subprotocols in (({}, 'chat'), ({'compression': 'yes'}, ())):
            with self.assertRaises(TypeError):
                check(options, subprotocols)
        for options, text in (
            ({'close_timeout': '2'}, 'close_timeout is a number'),
            ({'min_delay': '1'}, 'min_delay is a number'),
            ({'max_delay': [1]}, 'max_delay is a number'),
            ({'max_redirects': '3'}, 'max_redirects is a number'),
            ({'on_retry': 5}, 'on_retry is a function'),
            ({'sock': 'x'}, 'sock is a socket, a pair of streams or a function'),
        ):
            with self.assertRaises(TypeError) as raised:
                check(options, ())
            self.assertIn(text, str(raised.exception))
        check({'close_timeout': 0.5, 'max_redirects': None, 'on_retry': None}, ())

    def test_those_that_are_attributes(self):
        ws = WebSocket(None)
        give(ws, {'close_timeout': 5, 'min_delay': 1})
        self.assertEqual(ws.close_timeout, 5)
        self.assertFalse(hasattr(ws, 'min_delay'))
