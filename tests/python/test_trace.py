"""trace(): the frames of a connection, and its states."""

import asyncio
import unittest

from connection import end_of, frames_to, open_websocket, request_bytes
from frames import BINARY, CONT, PING, PONG, TEXT, close, frame
from memory_stream import run, settle
from microdot_websocket import WebSocket
from microdot_websocket.features import post
from microdot_websocket.trace import trace


async def traced(**attributes):
    """(ws, peer, lines), which have no id."""
    ws, peer = await open_websocket(**attributes)
    lines = []

    def write(line):
        number, _, rest = line.partition(' ')
        assert number == str(ws.id), line
        lines.append(rest)

    trace(ws, write)
    return ws, peer, lines


class TestTrace(unittest.TestCase):
    def test_a_conversation(self):
        async def main():
            ws, peer, lines = await traced()
            task = asyncio.create_task(ws.receive())
            await settle()
            peer.feed(frame(PING, b'p') + frame(PONG) + frame(TEXT, 'hello'))
            await ws.send(await task)
            peer.feed(frame(BINARY, b'ab', fin=False) + frame(CONT, b'c'))
            self.assertEqual(await ws.receive(), b'abc')
            await ws.send(bytearray(50))
            peer.feed(close(3000, 'bye'))
            self.assertEqual(await end_of(ws.receive()), (3000, 'bye'))
            self.assertEqual(len(frames_to(peer)), 4)
            self.assertEqual(
                lines,
                [
                    "< PING 1: b'p'",
                    "> PONG 1: b'p'",
                    "< PONG 0: b''",
                    "< TEXT 5: 'hello'",
                    "> TEXT 5: 'hello'",
                    "< BINARY 3: b'abc'",
                    '> BINARY 50: %r' % bytes(40),
                    "< CLOSE 3000 'bye'",
                    '> CLOSE 3000 ',
                    "CLOSING 3000 'bye'",
                    "CLOSED 3000 'bye'",
                ],
            )

        run(main())

    def test_what_others_send_and_what_waits(self):
        async def main():
            ws, peer, lines = await traced()
            peer.give_room(3)
            post.post(ws, b'', PING)
            task = asyncio.create_task(ws.send('ab'))  # once, though it is written twice
            await settle()
            peer.give_room(None)
            await task
            await ws.send_stream(['c', 'd'])
            self.assertEqual(
                lines,
                [
                    "> PING 0: b''",
                    "> TEXT 2: 'ab'",
                    "> TEXT 1 not the last: 'c'",
                    "> CONT 1 not the last: 'd'",
                    "> CONT 0: b''",
                ],
            )

        run(main())

    def test_all_still_works(self):
        async def main():
            ws, peer, lines = await traced(close_timeout=0.1, ping_timeout=5)
            trace(ws)  # a second time changes nothing
            peer.feed(frame(TEXT, 'abc'))
            buffer = bytearray(2)
            pieces = []
            async for piece in ws.stream(buffer):
                pieces.append(bytes(piece))
            self.assertEqual(b''.join(pieces), b'abc')
            peer.feed(frame(TEXT, b'\xff'))
            self.assertEqual((await end_of(ws.receive()))[0], 1007)
            self.assertEqual(
                lines[:3], ['< a piece 2 in a buffer', '< TEXT 1 in a buffer', lines[2]]
            )
            self.assertIn('< an error: 1007 ', lines[2])
            self.assertEqual(lines[3][:12], '> CLOSE 1007')

        run(main())

    def test_a_close_of_this_end(self):
        async def main():
            ws, peer, lines = await traced()
            task = asyncio.create_task(ws.close(1001, 'bye'))
            await settle()
            peer.feed(close(1001))
            await task
            self.assertEqual(
                lines,
                [
                    "> CLOSE 1001 b'bye'",
                    "CLOSING 1001 'bye'",
                    '< CLOSE or the end',
                    "CLOSED 1001 'bye'",
                ],
            )

        run(main())

    def test_a_close_without_a_code(self):
        async def main():
            for data in '', b'':
                ws, peer, lines = await traced()
                await ws.send(data, ws.CLOSE)
                self.assertEqual([line.rstrip() for line in lines[:1]], ['> CLOSE'])
                self.assertEqual(ws.state, 2)

        run(main())

    def test_a_frame_that_does_not_end(self):
        """The timer finds it: what it sets on the protocol arrives there."""

        async def main():
            ws, peer, lines = await traced(frame_timeout=0.02, close_timeout=0)
            task = asyncio.create_task(end_of(ws.receive()))
            peer.feed(frame(TEXT, 'abc')[:-1])
            self.assertEqual(await task, (1008, 'message timed out'))
            self.assertEqual(lines[-1], "CLOSED 1008 'message timed out'")

        run(main())

    def test_the_connection_is_lost(self):
        async def main():
            ws, peer, lines = await traced()
            peer.end()
            self.assertEqual((await end_of(ws.receive()))[0], 1006)
            self.assertEqual(lines, ['< the end', "CLOSED 1006 'connection lost'"])
            trace(ws, lines.append)
            trace(WebSocket(None), lines.append)
            self.assertEqual(len(lines), 2)

        run(main())

    def test_others_are_not_traced(self):
        async def main():
            ws, peer, lines = await traced()
            other, other_peer = await open_websocket()
            self.assertTrue(other.id != ws.id)
            await other.send('x')
            other.abort()
            self.assertEqual(lines, [])

        run(main())


class TestCompressed(unittest.TestCase):
    def test_frames(self):
        async def main():
            request = request_bytes(Sec_WebSocket_Extensions='permessage-deflate')
            ws, peer = await open_websocket(request, {'compression': True})
            lines = []
            trace(ws, lines.append)
            await ws.send('short')
            if ws.compression:
                peer.feed(frame(TEXT, b'\xf2H\xcd\xc9\xc9\x07\x00', rsv=4))  # RFC 7692, 7.2.3.1
                self.assertEqual(await ws.receive(), 'Hello')
                self.assertEqual(lines[-1], '%d < TEXT compressed' % ws.id)
            self.assertEqual(lines[0], "%d > TEXT 5: 'short'" % ws.id)

        run(main())
