"""Names of Microdot's own class that its TestClient uses. That it works is in test_upgrade.py."""

import unittest

from capacity import LARGE
from frames import BINARY, CLOSE, PING, PONG, TEXT, frame
from microdot_websocket import WebSocket, WebSocketError
from microdot_websocket.features import test_client  # noqa: F401


class TestMicrodotNames(unittest.TestCase):
    def test_encode(self):
        encode = WebSocket._encode_websocket_frame
        self.assertEqual(encode(TEXT, 'é'), b'\x81\x02\xc3\xa9')
        self.assertEqual(encode(BINARY, bytes(300)), b'\x82\x7e\x01\x2c' + bytes(300))
        self.assertEqual(encode(BINARY, memoryview(b'abc')), b'\x82\x03abc')
        self.assertEqual(encode(TEXT, 'x' * LARGE), frame(TEXT, b'x' * LARGE, key=None))

    def test_parse(self):
        parse_header = WebSocket._parse_frame_header
        self.assertEqual(parse_header(b'\x81\x05'), (0x80, TEXT, 0, 5))
        self.assertEqual(parse_header(b'\x82\xfe'), (0x80, BINARY, 0x80, -2))
        self.assertEqual(parse_header(b'\x82\x7f'), (0x80, BINARY, 0, -8))
        self.assertRaises(WebSocketError, parse_header, b'\x01\x05')
        self.assertRaises(WebSocketError, parse_header, b'\x80\x05')

    def test_process(self):
        ws = WebSocket(None)
        self.assertEqual(ws._process_websocket_frame(TEXT, b'a'), (None, 'a'))
        self.assertEqual(ws._process_websocket_frame(BINARY, b'a'), (None, b'a'))
        self.assertEqual(ws._process_websocket_frame(PING, b'a'), (PONG, b'a'))
        self.assertEqual(ws._process_websocket_frame(PONG, b'a'), (None, None))
        self.assertRaises(WebSocketError, ws._process_websocket_frame, CLOSE, b'')
