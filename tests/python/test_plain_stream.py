"""A stream with only read and awrite."""

import unittest

from capacity import LARGE
from frames import BINARY, CLOSE, PING, PONG, TEXT, frame
from memory_stream import run
from microdot_websocket import WebSocket, WebSocketError
from microdot_websocket.plain_stream import PlainStream, encode_frame


class Client:
    def __init__(self):
        self.incoming = b'abcdef'
        self.written = []

    async def read(self, n):
        data, self.incoming = self.incoming[:n], self.incoming[n:]
        return data

    async def awrite(self, data):
        self.written.append(bytes(data))


class TestPlainStream(unittest.TestCase):
    def test_one_whole_frame_a_write(self):
        async def main():
            client = Client()
            stream = PlainStream(client, client)
            self.assertTrue(stream.write_frame(1, 'é'))
            self.assertTrue(stream.write_frame(2, b'x' * 126))
            await stream.flush()
            await stream.flush()
            self.assertEqual(
                client.written, [b'\x81\x02\xc3\xa9', b'\x82\x7e\x00\x7e' + b'x' * 126]
            )

        run(main())

    def test_encode_frame(self):
        self.assertEqual(encode_frame(2, memoryview(b'abc')), b'\x82\x03abc')
        self.assertEqual(encode_frame(1, 'x' * LARGE), frame(TEXT, b'x' * LARGE, key=None))


class TestMicrodotNames(unittest.TestCase):
    def test_encode(self):
        encode = WebSocket._encode_websocket_frame
        self.assertEqual(encode(TEXT, 'é'), b'\x81\x02\xc3\xa9')
        self.assertEqual(encode(BINARY, bytes(300)), b'\x82\x7e\x01\x2c' + bytes(300))

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
