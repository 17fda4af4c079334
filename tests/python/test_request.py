"""What an application adds to a client's request."""

import unittest
from binascii import a2b_base64

from memory_stream import run
from microdot_websocket.client import parse_url
from microdot_websocket.features.request import add, basic
from network import Network, open_client


def fields(headers=(), subprotocols=(), user=''):
    found = {}
    add(found, dict(headers), subprotocols, user)
    return found


class TestHeaders(unittest.TestCase):
    def test_they_are_added(self):
        found = fields({'Origin': 'http://a.example', "X-!#$%&'*+.^_`|~09": 5}, ('a', 'b'))
        self.assertEqual(found['origin'], 'http://a.example')
        self.assertEqual(found["x-!#$%&'*+.^_`|~09"], '5')
        self.assertEqual(found['sec-websocket-protocol'], 'a, b')
        self.assertEqual(len(found), 3)

    def test_bytes(self):
        """As binascii returns them."""
        found = fields({'Authorization': b'Basic eA==', 'X': bytearray(b'\xc3\xa9')})
        self.assertEqual(found, {'authorization': 'Basic eA==', 'x': '\xe9'})

    def test_what_is_no_dict(self):
        with self.assertRaises(TypeError) as raised:
            add({}, [('X', 'y')], (), '')
        self.assertEqual(str(raised.exception), 'headers is a dict')

    def test_mistakes(self):
        for headers, subprotocols in (
            ({'Upgrade': 'x'}, ()),
            ({'Connection': 'x'}, ()),
            ({'Sec-WebSocket-Key': 'x'}, ()),
            ({'sec-websocket-protocol': 'x'}, ()),
            ({'X': 'y\r\nZ: z'}, ()),
            ({'X': 'y\nz'}, ()),
            ({'X': 'y\rz'}, ()),
            ({'X': 'y\0z'}, ()),
            ({'X': b'y\r\nZ: z'}, ()),
            ({'': 'y'}, ()),
            ({'X:': 'y'}, ()),
            ({'X Y': 'z'}, ()),
            ({'X\r\nY': 'z'}, ()),
            ({'X\0': 'z'}, ()),
            ({'\xe9': 'z'}, ()),
            ({'(x)': 'z'}, ()),
            ({}, ('a', 'b, c')),
            ({}, ('a\r\nX: y',)),
            ({}, ('',)),
        ):
            with self.assertRaises(ValueError):
                fields(headers, subprotocols)


class TestUser(unittest.TestCase):
    def test_names_and_passwords(self):
        for user, expected in (
            ('me:secret', 'me:secret'),
            ('me:a:b', 'me:a:b'),
            ('me', 'me:'),
            (':secret', ':secret'),
            ('a%40b:%3a%2F%C3%A9+', 'a@b::/\xe9+'),
        ):
            kind, _, data = basic(user).partition(' ')
            self.assertEqual(kind, 'Basic')
            self.assertEqual(a2b_base64(data).decode(), expected)

    def test_a_long_one_is_one_line(self):
        self.assertFalse('\n' in basic('me:' + 'x' * 200))

    def test_a_header_of_the_application_wins(self):
        found = fields({'Authorization': 'Bearer x'}, (), 'me:secret')
        self.assertEqual(found, {'authorization': 'Bearer x'})

    def test_it_is_in_the_request_alone(self):
        async def main():
            with Network() as network:
                _, _, request = await open_client(network, url='ws://me:x%40y@board.example:81/a@b')
                self.assertEqual(network.calls, [('board.example', 81, None)])
                self.assertIn('GET /a@b HTTP/1.1', request)
                self.assertIn('host: board.example:81', request)
                self.assertIn('authorization: ' + basic('me:x%40y'), request)

        run(main())

    def test_an_escape_that_is_none(self):
        with self.assertRaises(ValueError):
            basic(parse_url('ws://me:%xy@a/')[5])
