"""``async for`` and ``async with`` on a connection, and what ended it."""

import asyncio
import unittest

from connection import close_frame, end_of, frames_to, open_websocket
from frames import CLOSE, TEXT, close, frame
from memory_stream import run, settle
from microdot_websocket import WebSocketError


class TestIteration(unittest.TestCase):
    def test_until_a_normal_close(self):
        async def main():
            for end, code in ((close(1000, 'bye'), 1000), (close(1001), 1001), (close(), 1005)):
                ws, peer = await open_websocket()
                self.assertIs(ws.close_code, None)
                self.assertIs(ws.close_reason, None)
                peer.feed(frame(TEXT, 'a') + frame(TEXT, 'b') + end)
                messages = []
                async for message in ws:
                    messages.append(message)
                self.assertEqual(messages, ['a', 'b'])
                self.assertEqual(ws.close_code, code)
                self.assertEqual(ws.close_reason, 'bye' if code == 1000 else '')

        run(main())

    def test_what_it_iterates_over_may_be_kept(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(TEXT, 'a') + frame(TEXT, 'b') + close())
            messages = ws.__aiter__()
            self.assertEqual(await messages.__anext__(), 'a')
            async for message in messages:
                self.assertEqual(message, 'b')

        run(main())

    def test_errors(self):
        async def main():
            async def messages(ws):
                async for _ in ws:
                    pass

            for data, end in (
                (close(1011, 'why'), (1011, 'why')),
                (frame(TEXT, b'\xff'), (1007, 'invalid UTF-8')),
                (b'', (1006, 'connection lost')),
            ):
                ws, peer = await open_websocket(close_timeout=0)
                peer.feed(data)
                peer.end()
                self.assertEqual(await end_of(messages(ws)), end)
                self.assertEqual((ws.close_code, ws.close_reason), end)

        run(main())


class TestAsyncWith(unittest.TestCase):
    def ends_with(self, code, exc=None):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            try:
                async with ws as same:
                    self.assertIs(same, ws)
                    if exc:
                        raise exc
            except (ValueError, WebSocketError, asyncio.CancelledError) as raised:
                self.assertIs(raised, exc)
            self.assertEqual(frames_to(peer), [close_frame(code)])
            self.assertEqual(ws.close_code, code)

        run(main())

    def test_it_closes(self):
        self.ends_with(1000)
        self.ends_with(1011, ValueError('made by a test'))
        self.ends_with(1000, WebSocketError())
        self.ends_with(1001, asyncio.CancelledError())

    def test_when_it_is_cancelled_it_waits_for_no_answer(self):
        async def main():
            ws, peer = await open_websocket()

            async def handler():
                async with ws:
                    await ws.receive()

            task = asyncio.create_task(handler())
            await settle()
            task.cancel()
            await settle(20)
            self.assertTrue(task.done())
            self.assertEqual(frames_to(peer), [close_frame(1001)])

        run(main())

    def test_a_closed_connection(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            async with ws:
                await ws.close(4000)
            self.assertEqual([first & 0x0F for first, _ in frames_to(peer)], [CLOSE])

        run(main())
