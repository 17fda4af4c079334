"""The choice of a transport, and what one need not do itself."""

import sys
import unittest

from memory_stream import open_pair, run
from microdot_websocket.core.twin import Protocol
from microdot_websocket.transport import Transport, open_transport
from microdot_websocket.transport.in_process import InProcessTransport


class Client:
    """What Microdot's TestClient has."""

    async def read(self, n):
        return b''

    async def awrite(self, data):
        pass


class TestOpenTransport(unittest.TestCase):
    def test_network(self):
        if sys.implementation.name != 'cpython':
            return  # there Protocol takes the stream itself

        from microdot_websocket import codec, websocket

        if codec.IMPL == 'native':
            from microdot_websocket.transport.native import NativeTransport as expected
        else:
            from microdot_websocket.transport.cpython import StreamTransport as expected

        async def main():
            reader, writer, _ = open_pair()
            kind, transport = open_transport(reader, writer)
            self.assertIs(kind, websocket.Protocol)
            self.assertIs(type(transport), expected)

        run(main())

    def test_test_client(self):
        client = Client()
        kind, transport = open_transport(client, client)
        self.assertIs(kind, Protocol)
        self.assertIs(type(transport), InProcessTransport)


class TestTransport(unittest.TestCase):
    def test_what_one_has_to_do(self):
        transport = Transport()
        for call, args in (
            (transport.readinto, (bytearray(9),)),
            (transport.write, (b'x',)),
            (transport.wait, (0,)),
        ):
            self.assertRaises(NotImplementedError, call, *args)

    def test_what_one_need_not(self):
        transport = Transport()
        self.assertTrue(transport.is_sent())
        self.assertEqual(transport.unsent, 0)
        self.assertFalse(transport.wake())
        self.assertFalse(transport.requeue())
        transport.abort()
