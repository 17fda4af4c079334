"""The choice of a stream. What SocketStream does is tested through WebSocket.send()."""

import sys
import unittest

from memory_stream import open_pair, run
from microdot_websocket import stream
from microdot_websocket.plain_stream import PlainStream


class TestClientStream:
    """What Microdot's TestClient has."""

    async def read(self, n):
        return b''

    async def awrite(self, data):
        pass


class TestOpenStream(unittest.TestCase):
    def test_network_stream(self):
        async def main():
            reader, writer, _ = open_pair()
            self.assertIs(type(stream.open_stream(reader, writer)), stream.SocketStream)

        run(main())

    def test_test_client(self):
        client = TestClientStream()
        self.assertIs(type(stream.open_stream(client, client)), PlainStream)

    def test_socket_stream_is_of_this_platform(self):
        module = (
            stream.SocketStream.__module__ if hasattr(stream.SocketStream, '__module__') else ''
        )
        self.assertEqual('cpython' in module, sys.implementation.name == 'cpython')
