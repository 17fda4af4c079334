"""The transport over MicroPython's streams. What its tasks do is in tasks_contract.py."""

import asyncio
import sys
import unittest

from frames import TEXT, frame
from memory_stream import run
from microdot_websocket.core.stream import SocketTransport
from scripted_stream import Stream

ON_MICROPYTHON = sys.implementation.name == 'micropython'


class Socket:
    """Neither a socket nor a stream, but enough for one that nobody waits for."""

    def __init__(self, returns=None):
        self.returns = returns

    def readinto(self, buf):
        return self.returns

    def write(self, buf):
        return self.returns


class TestSocketTransport(unittest.TestCase):
    def test_what_is_no_stream(self):
        for stream in (5, 'x', [], object()):
            self.assertRaises(TypeError, SocketTransport, stream)

    def test_what_a_stream_returns(self):
        for returned, expected in ((None, None), (0, 0), (9, 9), (-11, None)):
            transport = SocketTransport(Socket(returned))
            self.assertEqual(transport.readinto(bytearray(9)), expected)
            self.assertEqual(transport.write(bytes(9)), expected)
        for returned, error in ((10, OSError), (-5, OSError), ('x', TypeError), (1.5, TypeError)):
            transport = SocketTransport(Socket(returned))
            self.assertRaises(error, transport.readinto, bytearray(9))
            self.assertRaises(error, transport.write, bytes(9))
            self.assertFalse(transport.inside)

    def test_the_queue_is_left_as_it_was(self):
        if not ON_MICROPYTHON:
            return

        async def main():
            queue = asyncio.core._io_queue
            before = len(queue.map)
            stream = Stream(frame(TEXT, 'x'))
            transport = SocketTransport(stream)
            await transport.wait(0)
            self.assertEqual(len(queue.map), before)
            transport.abort()
            transport.wake()
            self.assertEqual(len(queue.map), before)
            # asyncio's own streams may use the socket again.
            await asyncio.StreamReader(stream).readinto(bytearray(1))
            self.assertEqual(len(queue.map), before)

        run(main())
