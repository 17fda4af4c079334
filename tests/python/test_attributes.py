"""Which options there are: the rest is in test_options.py."""

import unittest

from microdot_websocket.features.attributes import check


class TestCheck(unittest.TestCase):
    def test_it_names_what_there_is(self):
        with self.assertRaises(TypeError) as raised:
            check({'x': 1})
        for name in ('origins', 'ping_interval', 'compression'):
            self.assertIn(name, str(raised.exception))
