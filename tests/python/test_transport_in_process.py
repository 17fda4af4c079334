"""Microdot's TestClient: a stream with only read and awrite."""

import asyncio
import unittest

from capacity import LARGE
from frames import BINARY, CLOSE, PING, TEXT, frame, pattern
from memory_stream import run, turns_beside
from microdot_websocket.core.twin import Protocol
from microdot_websocket.transport.in_process import InProcessTransport
from scripted_stream import END, connection, flush, receive

WAITS, BUSY = 3, 4


class Client:
    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.written = []

    async def read(self, n):
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece[:n]

    async def awrite(self, data):
        if self.pieces and isinstance(self.pieces[0], Exception):
            raise self.pieces[0]
        await asyncio.sleep(0)
        self.written.append(bytes(data))


def open_protocol(client):
    return connection(Protocol, InProcessTransport(client, client))


class TestInProcess(unittest.TestCase):
    def test_one_that_broke(self):
        async def main():
            transport = InProcessTransport(Client(OSError(104, 'made by a test')), None)
            await transport.wait(0)
            for call in (transport.is_sent, lambda: transport.write(b'x')):
                with self.assertRaises(OSError) as raised:
                    call()
                self.assertEqual(raised.exception.errno, 104)

        run(main())

    def test_frames_are_not_masked(self):
        async def main():
            data = frame(TEXT, 'é', key=None) + frame(BINARY, pattern(400), key=None)
            p = open_protocol(Client(data[:1], data[1:300], data[300:], frame(TEXT, 'x'), b''))
            self.assertEqual(await receive(p), 'é')
            self.assertEqual(await receive(p), pattern(400))
            self.assertIs(await receive(p), False)
            self.assertEqual(p.data, 'wrong masking')

        run(main())

    def test_one_whole_frame_a_write(self):
        async def main():
            data = b''.join([frame(TEXT, str(i), key=None) for i in range(3)])
            client = Client(data, b'')
            p = open_protocol(client)
            for i in range(3):  # replies are not gathered
                self.assertEqual(await receive(p), str(i))
                self.assertEqual(p.write('é' * i, None), WAITS)
                self.assertTrue(p.locked > 0)
                self.assertEqual(p.write('x', None), BUSY)
                await flush(p)
                self.assertEqual(p.locked, 0)
            for payload, opcode in ((pattern(LARGE), BINARY), (b'', CLOSE), (b'x', PING)):
                self.assertEqual(p.write(payload, opcode), WAITS)
                await flush(p)
            expected = [frame(TEXT, 'é' * i, key=None) for i in range(3)]
            expected += [frame(BINARY, pattern(LARGE), key=None), b'\x88\x00', b'\x89\x01x']
            self.assertEqual(client.written, expected)

        run(main())

    def test_the_end(self):
        async def main():
            p = open_protocol(Client(b''))
            self.assertIs(await receive(p), False)
            self.assertEqual(p.event, END)
            p = open_protocol(Client(OSError(32), OSError(32)))
            with self.assertRaises(OSError):
                await receive(p)
            p = open_protocol(Client(OSError(32)))
            p.write('x', None)
            with self.assertRaises(OSError):
                await flush(p)
            self.assertRaises(OSError, p.flush)

        run(main())

    def test_abort(self):
        async def main():
            client = Client(b'')
            p = open_protocol(client)
            p.write('x', None)
            p.schedule()
            p.abort()
            self.assertIs(p.read(-1, None), False)
            self.assertEqual(p.event, END)
            self.assertRaises(OSError, p.flush)
            self.assertEqual(client.written, [])

        run(main())


class TestReading(unittest.TestCase):
    def test_readinto(self):
        async def main():
            client = Client(b'abcdef', b'g', b'')
            transport = InProcessTransport(client, client)
            buf = bytearray(8)
            view = memoryview(buf)
            self.assertIs(transport.readinto(view), None)
            await transport.wait(0)
            self.assertEqual(transport.readinto(view[2:6]), 4)
            self.assertEqual(buf, b'\0\0abcd\0\0')
            self.assertEqual(transport.readinto(view), 2)
            self.assertIs(transport.readinto(view), None)
            await transport.wait(0)
            self.assertEqual(transport.readinto(buf), 1)
            self.assertEqual(buf[:2], b'gf')
            for _ in range(2):  # it has ended, and stays so
                await transport.wait(0)
                self.assertEqual(transport.readinto(view), 0)

        run(main())

    def test_others_get_their_turn_while_there_is_something(self):
        async def main():
            client = Client(b'abcdef')
            transport = InProcessTransport(client, client)
            await transport.wait(0)

            async def wait():
                await transport.wait(0)

            self.assertEqual(await turns_beside(wait()), 1)

        run(main())
