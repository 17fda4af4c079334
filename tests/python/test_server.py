"""shutdown(): that a server ends so is tested over sockets, in tests/server/."""

import asyncio
import unittest

from connection import close_frame, end_of, frames_to, open_websocket
from frames import close
from memory_stream import run, settle
from microdot_websocket import server
from microdot_websocket.server import shutdown
from microdot_websocket.websocket import connections


class TestShutdown(unittest.TestCase):
    def test_the_connections_of_an_application(self):
        async def main():
            (ws, peer), (other, other_peer) = await open_websocket(), await open_websocket()
            handler = asyncio.create_task(end_of(ws.receive()))
            await settle()
            task = asyncio.create_task(shutdown(ws.request.app, 1012, 'restart'))
            await settle()
            self.assertEqual(frames_to(peer), [close_frame(1012, 'restart')])
            self.assertFalse(task.done())  # it waits for the answer
            peer.feed(close(1012))
            await task
            self.assertEqual(await handler, (1012, 'restart'))
            self.assertEqual(frames_to(other_peer), [])
            self.assertEqual(connections, [other])

        run(main())

    def test_no_memory(self):
        async def main():
            def no_memory(code, reason):
                raise MemoryError

            ws, peer = await open_websocket()
            ws.close = no_memory
            await shutdown(ws.request.app)
            self.assertEqual((ws.close_code, connections), (1006, []))

        run(main())

    def test_no_memory_for_tasks(self):
        """Nobody is waited for then, but all are told, and nothing stays."""

        class Asyncio:
            def create_task(self, coroutine):
                coroutine.close()
                raise MemoryError

        async def main():
            (ws, peer), (other, other_peer) = await open_websocket(), await open_websocket()
            last, last_peer = await open_websocket()
            last.request.app = ws.request.app
            handler = asyncio.create_task(end_of(ws.receive()))
            await settle()
            server.asyncio = Asyncio()
            try:
                await shutdown(ws.request.app, 1012, 'restart')
            finally:
                server.asyncio = asyncio
            self.assertEqual((await handler)[0], 1001)
            self.assertEqual(frames_to(peer), [close_frame(1001)])
            self.assertEqual(frames_to(last_peer), [close_frame(1001)])
            self.assertEqual(frames_to(other_peer), [])
            self.assertEqual(connections, [other])

        run(main())

    def test_none(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            await shutdown(ws.request.app)
            await shutdown(ws.request.app)
            self.assertEqual(frames_to(peer), [close_frame(1001)])

        run(main())
