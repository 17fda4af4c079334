"""connect() over memory streams: the frames, and the end."""

import asyncio
import unittest

from capacity import LARGE
from connection import close_frame, end_of
from frames import BINARY, CONT, PING, PONG, TEXT, frame, pattern
from memory_stream import run, settle
from network import Network, frames_to, is_closed, open_client

FIN = 0x80


class TestMessages(unittest.TestCase):
    def test_what_it_sends_is_masked(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                keys = []
                for data, opcode in (('é', TEXT), (b'', BINARY), (pattern(125), BINARY)):
                    await ws.send(data)
                    keys.append(bytes(peer.sent[2:6]))
                    payload = data.encode() if isinstance(data, str) else data
                    self.assertEqual(frames_to(peer), [(FIN | opcode, payload)])
                self.assertEqual(len(set(keys)), 3)
                for n in (126, 1024, 1025, LARGE):
                    expected = pattern(n)
                    data = bytearray(expected)
                    await ws.send(data)
                    self.assertEqual(data, expected)  # what is masked is a copy
                    data = None  # a board has little room
                    self.assertEqual(frames_to(peer), [(FIN | BINARY, expected)])

        run(main())

    def test_what_it_receives_is_not(self):
        async def main():
            with Network() as network:
                for step in (1, 1000000):
                    ws, peer, _ = await open_client(network, max_message_length=0)
                    data = frame(TEXT, 'a', key=None) + frame(PING, b'p', key=None)
                    data += frame(BINARY, pattern(3000), key=None)
                    data += frame(TEXT, 'b', fin=False, key=None) + frame(CONT, 'c', key=None)
                    task = asyncio.create_task(receive_all(ws, 3))
                    for i in range(0, len(data), step):
                        peer.feed(data[i : i + step])
                        await settle(1)
                    self.assertEqual(await task, ['a', pattern(3000), 'bc'])
                    self.assertEqual(frames_to(peer), [(FIN | PONG, b'p')])
                ws, peer, _ = await open_client(network, close_timeout=0)
                peer.feed(frame(TEXT, 'x'))
                self.assertEqual(await end_of(ws.receive()), (1002, 'wrong masking'))
                self.assertEqual(frames_to(peer), [close_frame(1002, 'wrong masking')])
                self.assertTrue(is_closed(peer))

        async def receive_all(ws, n):
            messages = []
            for _ in range(n):
                messages.append(await ws.receive())
            return messages

        run(main())

    def test_a_full_send_buffer(self):
        """Frames of several tasks never interleave, and a buffer is free once send() returns."""

        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                peer.give_room(10)
                buffer = bytearray(b'a' * 2000)
                tasks = [asyncio.create_task(ws.send(data)) for data in (buffer, 'b', 'c' * 500)]
                await settle()
                tasks[0].cancel()
                await settle()
                buffer[:] = b'z' * 2000
                peer.give_room(None)
                await tasks[1]
                await tasks[2]
                expected = [
                    (FIN | BINARY, b'a' * 2000),
                    (FIN | TEXT, b'b'),
                    (FIN | TEXT, b'c' * 500),
                ]
                self.assertEqual(frames_to(peer), expected)

        run(main())

    def test_fragments_and_pings(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                await ws.send_stream(['a', 'b'])
                frames = [(TEXT, b'a'), (CONT, b'b'), (FIN | CONT, b'')]
                self.assertEqual(frames_to(peer), frames)
                receiving = asyncio.create_task(ws.receive())
                ping = asyncio.create_task(ws.ping(b'now'))
                await settle()
                self.assertEqual(frames_to(peer), [(FIN | PING, b'now')])
                peer.feed(frame(PONG, b'now', key=None))
                await ping
                receiving.cancel()

        run(main())

    def test_compression(self):
        async def main():
            answer = 'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n'
            with Network() as network:
                for options in (True, {}):
                    ws, peer, request = await open_client(network, answer, compression=options)
                    (offer,) = [line for line in request if line[:23] == 'sec-websocket-extension']
                    self.assertIn('permessage-deflate', offer)
                    self.assertIs(ws.compression, True)
                    self.assertIs(ws.writer, ws.compressed)
                    peer.feed(frame(TEXT, b'\xf2H\xcd\xc9\xc9\x07\x00', rsv=4, key=None))
                    self.assertEqual(await ws.receive(), 'Hello')
                    await ws.send('x')
                    self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x')])
                ws, _, _ = await open_client(network, compression=True)
                self.assertIs(ws.compression, False)

        run(main())

    def test_keepalive(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network, ping_interval=0.02, ping_timeout=0.02)
                self.assertEqual(await end_of(ws.receive()), (1006, 'ping timed out'))
                self.assertEqual(frames_to(peer)[0], (FIN | PING, b''))
                self.assertTrue(is_closed(peer))

        run(main())


class TestClose(unittest.TestCase):
    def test_by_the_server(self):
        """The server closes the socket first."""

        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                task = asyncio.create_task(end_of(ws.receive()))
                peer.feed(frame(8, b'\x03\xe8bye', key=None))
                await settle()
                self.assertEqual(frames_to(peer), [close_frame(1000)])
                self.assertFalse(is_closed(peer))
                peer.end()
                self.assertEqual(await task, (1000, 'bye'))
                self.assertTrue(is_closed(peer))
                self.assertEqual(ws.close_code, 1000)
                await ws.close()

        run(main())

    def test_by_the_client(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)

                async def use():
                    async with ws:
                        await ws.send('x')

                task = asyncio.create_task(use())
                await settle()
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x'), close_frame(1000)])
                peer.feed(frame(TEXT, 'late', key=None) + frame(8, b'\x03\xe8', key=None))
                await settle()
                self.assertFalse(task.done())
                peer.end()
                await task
                self.assertTrue(is_closed(peer))

        run(main())

    def test_while_another_task_receives(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                receiving = asyncio.create_task(end_of(ws.receive()))
                await settle()
                closing = asyncio.create_task(ws.close(4000, 'enough'))
                await settle()
                peer.feed(frame(8, b'\x0f\xa0enough', key=None))
                peer.end()
                await closing
                self.assertEqual(await receiving, (4000, 'enough'))
                self.assertTrue(is_closed(peer))

        run(main())

    def test_cancelled(self):
        """A receive() that has got the server's Close and waits for the end of TCP, or a close()
        that waits for the Close."""

        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                receiving = asyncio.create_task(ws.receive())
                peer.feed(frame(8, b'\x03\xe8', key=None))
                await settle()
                self.assertFalse(is_closed(peer))
                receiving.cancel()
                await settle()
                self.assertTrue(is_closed(peer))
                ws, peer, _ = await open_client(network)
                closing = asyncio.create_task(ws.close())
                await settle()
                self.assertFalse(is_closed(peer))
                closing.cancel()
                await settle()
                self.assertTrue(is_closed(peer))
                ws, peer, _ = await open_client(network)
                with self.assertRaises(ValueError):
                    await ws.close(1006)
                self.assertFalse(is_closed(peer))
                await ws.send('still open')
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'still open')])

        run(main())

    def test_a_server_that_does_neither(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network, close_timeout=0.02)
                await ws.close()
                self.assertEqual(frames_to(peer), [close_frame(1000)])
                self.assertTrue(is_closed(peer))

        run(main())

    def test_a_lost_connection(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                peer.end()
                self.assertEqual(await end_of(ws.receive()), (1006, 'connection lost'))
                self.assertTrue(is_closed(peer))

        run(main())
