"""on_disconnect(): what is called when a connection has ended."""

import asyncio
import unittest

from connection import Server, end_of, frames_to, open_websocket, request_bytes
from frames import TEXT, close, frame
from memory_stream import run, settle
from microdot import Microdot, microdot
from microdot_websocket import WebSocket, upgrade, with_websocket
from microdot_websocket.features import ended
from microdot_websocket.group import Group


class TestOnDisconnect(unittest.TestCase):
    def setUp(self):
        self.seen = []

    def note(self, ws, code, reason):
        self.seen.append((ws, code, reason))

    def test_however_it_ends(self):
        """And once, whatever is called after."""

        async def main():
            async def closed_by_peer(ws, peer):
                peer.feed(close(3000, 'bye'))
                await end_of(ws.receive())

            async def closed(ws, peer):
                peer.feed(close(4000))
                await ws.close(4000, 'enough')

            async def unanswered(ws, peer):
                ws.close_timeout = 0
                await ws.close(1001)

            async def lost(ws, peer):
                peer.fail(104)
                await end_of(ws.receive())

            async def no_utf8(ws, peer):
                peer.feed(frame(TEXT, b'\xff') + close(1007))
                await end_of(ws.receive())

            async def cancelled(ws, peer):
                upgrade.shutdown(ws)

            for end, code, reason in (
                (closed_by_peer, 3000, 'bye'),
                (closed, 4000, 'enough'),
                (unanswered, 1001, ''),
                (lost, 1006, 'connection lost'),
                (no_utf8, 1007, None),
                (cancelled, 1001, ''),
            ):
                self.seen.clear()
                ws, peer = await open_websocket()
                note = self.note
                self.assertIs(ws.on_disconnect(note), note)
                self.assertEqual(self.seen, [])
                await end(ws, peer)
                self.assertEqual(self.seen, [(ws, code, ws.close_reason)])
                if reason is not None:
                    self.assertEqual(ws.close_reason, reason)
                ws.abort()
                await ws.close()
                self.assertEqual(len(self.seen), 1)

        run(main())

    def test_when_all_is_over_and_not_before(self):
        async def main():
            ws, peer = await open_websocket()
            ws.on_disconnect(self.note)
            task = asyncio.create_task(ws.close())
            await settle()
            self.assertEqual(len(frames_to(peer)), 1)
            self.assertEqual(self.seen, [])
            peer.feed(close(1000))
            await task
            self.assertEqual(self.seen, [(ws, 1000, '')])

        run(main())

    def test_several_and_late_ones(self):
        async def main():
            ws, _ = await open_websocket()
            other, _ = await open_websocket()
            other.on_disconnect(self.note)
            for i in range(3):
                ws.on_disconnect(lambda ws, code, reason, i=i: self.seen.append((i, code)))
            ws.abort()
            self.assertEqual(sorted(self.seen), [(0, 1006), (1, 1006), (2, 1006)])
            ws.on_disconnect(lambda ws, code, reason: self.seen.append('late'))
            self.assertEqual(self.seen[3:], ['late'])
            self.assertFalse(other.closed)

        run(main())

    def test_an_async_function(self):
        async def main():
            ws, _ = await open_websocket()

            @ws.on_disconnect
            async def gone(ws, code, reason):
                await asyncio.sleep(0)
                self.note(ws, code, reason)

            ws.abort()
            await settle()
            self.assertEqual(self.seen, [(ws, 1006, 'connection lost')])

        run(main())

    def test_what_it_raises_is_printed_and_ends_nothing(self):
        printed = []
        saved = microdot.print_exception
        microdot.print_exception = printed.append

        def fails(ws, code, reason):
            raise KeyError('fails')

        async def fails_later(ws, code, reason):
            raise IndexError

        async def main():
            ws, _ = await open_websocket()
            for f in (fails, self.note, fails_later, lambda ws: None):
                ws.on_disconnect(f)
            ws.abort()
            self.assertEqual(len(self.seen), 1)
            await settle()
            kinds = sorted([type(exc).__name__ for exc in printed])
            self.assertEqual(kinds, ['IndexError', 'KeyError', 'TypeError'])

        try:
            run(main())
        finally:
            microdot.print_exception = saved

    def test_as_an_option(self):
        app = Microdot()

        @app.route('/')
        @with_websocket(on_disconnect=self.note)
        async def route(request, ws):
            self.assertEqual(self.seen, [])
            self.seen.append(ws)

        async def main():
            server = Server(app)
            server.peer.feed(request_bytes() + close(1000))
            await server.run()
            self.assertEqual(self.seen, [self.seen[0], (self.seen[0], 1000, '')])
            del self.seen[:]
            server = Server(app)
            server.peer.feed(request_bytes(Sec_WebSocket_Key='bad'))
            await server.run()
            self.assertEqual(self.seen, [])  # there was no connection

        run(main())


class TestCall(unittest.TestCase):
    def test_what_it_returns_does_not_count(self):
        async def main():
            group = Group()
            printed, saved = [], microdot.print_exception
            microdot.print_exception = printed.append
            try:
                for result in (None, 5, group):  # which has a send()
                    ended.call(lambda *args, result=result: result, WebSocket(None))
                await settle()
            finally:
                microdot.print_exception = saved
            self.assertEqual(printed, [])

        run(main())

    def test_no_memory_for_it(self):
        """Nor to print that: nothing is raised, since the connection's end must come to its end."""

        def no_memory(*args):
            raise MemoryError

        saved = microdot.print_exception
        microdot.print_exception = no_memory
        try:
            ended.call(no_memory, WebSocket(None))
        finally:
            microdot.print_exception = saved
