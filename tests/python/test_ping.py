"""Pings: a connection is told how many milliseconds have passed, as in test_websocket_limits.py."""

import asyncio
import unittest

from connection import end_of, frames_to, open_websocket, request_bytes
from frames import PONG, TEXT, close, frame
from memory_stream import open_pair, run, settle
from microdot import Microdot
from microdot.microdot import Request
from microdot_websocket import websocket_upgrade
from microdot_websocket.features.ping import start

PING = 0x89


async def open_with_pings(**attributes):
    """(ws, peer): as features.open() leaves a connection."""
    ws, peer = await open_websocket(**attributes)
    if ws.ping_interval:
        start(ws)
    return ws, peer


async def receiving(**attributes):
    """(ws, peer, task): a connection on which a task receives."""
    ws, peer = await open_with_pings(**attributes)
    task = asyncio.create_task(end_of(ws.receive()))
    await settle()
    return ws, peer, task


async def look(ws, seconds):
    again = ws.poll(seconds * 1000)
    await settle()
    return again


class TestKeepalive(unittest.TestCase):
    def test_pings_are_sent_and_answers_expected(self):
        async def main():
            ws, peer, task = await receiving(ping_interval=20, ping_timeout=10)
            await look(ws, 19)
            self.assertEqual(frames_to(peer), [])
            for _ in range(3):
                await look(ws, 1)
                self.assertEqual(frames_to(peer), [(PING, b'')])
                await look(ws, 9)
                peer.feed(frame(PONG))
                await settle()
                await look(ws, 1)
                await look(ws, 9)
                self.assertFalse(task.done())
            await look(ws, 1)
            await look(ws, 9)
            self.assertFalse(await look(ws, 1))
            self.assertEqual(await task, (1006, 'ping timed out'))
            self.assertEqual(ws.close_code, 1006)

        run(main())

    def test_whatever_comes_is_an_answer(self):
        async def main():
            ws, peer, task = await receiving(ping_interval=20, ping_timeout=10)
            await look(ws, 20)
            peer.feed(frame(TEXT, 'x')[:1])
            await settle()
            await look(ws, 9)
            await look(ws, 9)
            self.assertFalse(ws.closed)
            task.cancel()

        run(main())

    def test_without_a_receiver_nothing_can_come(self):
        async def main():
            ws, peer = await open_with_pings(ping_interval=20, ping_timeout=10)
            for _ in range(5):
                await look(ws, 20)
            self.assertEqual(frames_to(peer), [(PING, b'')] * 5)
            self.assertFalse(ws.closed)

        run(main())

    def test_no_ping_behind_what_waits(self):
        async def main():
            ws, peer = await open_with_pings(ping_interval=20)
            peer.give_room(0)
            task = asyncio.create_task(ws.send('x'))
            await settle()
            await look(ws, 15)
            await look(ws, 4)
            await look(ws, 1)
            self.assertFalse(ws.closed)
            peer.give_room(None)
            await task
            self.assertEqual(frames_to(peer), [(0x81, b'x')])

        run(main())

    def test_with_a_clock(self):
        async def main():
            ws, peer = await open_with_pings(ping_interval=0.02, ping_timeout=0.02)
            self.assertEqual(await end_of(ws.receive()), (1006, 'ping timed out'))
            self.assertEqual(frames_to(peer)[0], (PING, b''))
            self.assertIs(ws.expires, None)

        run(main())

    def test_the_option(self):
        async def main(options):
            reader, writer, peer = open_pair()
            peer.feed(request_bytes())
            request = await Request.create(Microdot(), reader, writer, ('memory', 0))
            ws = await websocket_upgrade(request, **options)
            self.assertEqual(ws.pings is not None, bool(options))

        run(main({'ping_interval': 20}))
        run(main({}))


class TestPing(unittest.TestCase):
    def test_round_trip(self):
        async def main():
            ws, peer, task = await receiving()
            for data, payload in ((None, None), (b'abc', b'abc'), ('é', 'é'.encode()), (b'', b'')):
                ping = asyncio.create_task(ws.ping(data) if data is not None else ws.ping())
                await settle()
                ((first, sent),) = frames_to(peer)
                self.assertEqual(first, PING)
                if payload is None:
                    self.assertEqual(len(sent), 4)
                else:
                    self.assertEqual(sent, payload)
                peer.feed(frame(PONG, b'other'))
                await settle()
                self.assertFalse(ping.done())
                peer.feed(frame(PONG, sent))
                milliseconds = await ping
                self.assertIs(type(milliseconds), float)
                self.assertTrue(milliseconds >= 0)
            task.cancel()

        run(main())

    def test_a_pong_answers_all_before_it(self):
        async def main():
            ws, peer, task = await receiving()
            pings = [asyncio.create_task(ws.ping(data)) for data in (b'1', b'2', b'3')]
            await settle()
            peer.feed(frame(PONG, b'2'))
            await settle()
            self.assertEqual([ping.done() for ping in pings], [True, True, False])
            peer.feed(frame(PONG, b'3'))
            await pings[2]
            task.cancel()

        run(main())

    def test_the_connection_ends(self):
        async def main():
            for end in (close(1000, 'bye'), None):
                ws, peer, task = await receiving(close_timeout=0)
                ping = asyncio.create_task(end_of(ws.ping()))
                await settle()
                if end:
                    peer.feed(end)
                    self.assertEqual(await ping, (1000, 'bye'))
                else:
                    await ws.close(4000, 'enough')
                    self.assertEqual(await ping, (4000, 'enough'))
                self.assertEqual(await end_of(ws.ping()), await task)

        run(main())

    def test_the_end_waits_to_be_sent(self):
        """Whoever pings does not wait with it."""

        async def main():
            ws, peer, task = await receiving(close_timeout=10)
            ping = asyncio.create_task(end_of(ws.ping()))
            await settle()
            peer.give_room(0)
            peer.feed(close(1000, 'bye'))
            await settle()
            self.assertEqual(await ping, (1000, 'bye'))
            self.assertFalse(task.done())
            peer.give_room(None)
            self.assertEqual(await task, (1000, 'bye'))

        run(main())

    def test_a_frame_that_never_ends(self):
        async def main():
            ws, peer, task = await receiving(close_timeout=0)
            ping = asyncio.create_task(end_of(ws.ping()))
            peer.feed(frame(TEXT, 'x')[:-1])
            await settle()
            for _ in range(3):
                ws.poll(6000)
            self.assertEqual(await task, (1008, 'message timed out'))
            self.assertEqual(await ping, (1008, 'message timed out'))

        run(main())

    def test_without_a_limit(self):
        async def main():
            ws, peer, task = await receiving(ping_timeout=0)
            ping = asyncio.create_task(ws.ping(b'x'))
            await asyncio.sleep(0.03)
            self.assertFalse(ping.done())
            peer.feed(frame(PONG, b'x'))
            await ping
            task.cancel()

        run(main())

    def test_no_pong(self):
        async def main():
            ws, peer, task = await receiving(ping_timeout=0.01)
            with self.assertRaises(asyncio.TimeoutError):
                await ws.ping()
            self.assertFalse(ws.closed)
            with self.assertRaises(ValueError):
                await ws.ping(bytes(126))
            self.assertEqual(ws.pings._waiting, [])
            task.cancel()

        run(main())
