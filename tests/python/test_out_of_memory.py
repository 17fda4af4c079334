"""What a lack of memory leaves behind, in the places where it once was too much. All the others:
tests/oom."""

import unittest

from connection import end_of, open_websocket, request_bytes
from memory_stream import open_pair, run
from microdot import Microdot
from microdot.microdot import Request
from microdot_websocket import WebSocket, WebSocketError, upgrade
from microdot_websocket.websocket import connections


async def no_memory(*args):
    raise MemoryError


class TestOutOfMemory(unittest.TestCase):
    def test_the_101_may_be_out(self):
        """No HTTP may follow it then, and the connection does not count any more."""

        async def main():
            reader, writer, peer = open_pair()
            peer.feed(request_bytes())
            request = await Request.create(Microdot(), reader, writer, ('memory', 0))
            ws = WebSocket(request)
            writer.awrite = no_memory
            await end_of(ws.handshake())
            self.assertTrue(ws.closed)
            self.assertFalse(ws in connections)

        run(main())

    def test_before_the_101(self):
        async def main():
            reader, writer, peer = open_pair()
            peer.feed(request_bytes())
            request = await Request.create(Microdot(), reader, writer, ('memory', 0))
            ws = WebSocket(request)

            def negotiate(ws):
                raise MemoryError

            with self.assertRaises(MemoryError):
                await upgrade.handshake(ws, negotiate)
            self.assertFalse(ws in connections)
            self.assertEqual(peer.sent, b'')

        run(main())

    def test_close(self):
        async def main():
            for name in ('shutdown', 'wait_closed'):
                ws, peer = await open_websocket()
                setattr(ws, name, no_memory)
                await ws.close(4000)
                self.assertTrue(ws.closed)
                self.assertFalse(ws in connections)
                delattr(ws, name)

        run(main())

    def test_receive(self):
        """No memory for a message, nor for the Close that says so."""

        async def main():
            ws, peer = await open_websocket()
            ws.throw = no_memory

            class Protocol:
                abort = ws.protocol.abort

                def read(self, maxsize, buffer):
                    raise MemoryError

            ws.reader = Protocol()
            self.assertEqual((await end_of(ws.receive()))[0], 1006)
            self.assertTrue(ws.closed)

        run(main())

    def test_a_request(self):
        """It is no bad request, which 400 would say: Microdot goes on with other errors only if
        they are of a lost connection."""

        async def main():
            reader, writer, peer = open_pair()
            create, upgrade.create = upgrade.create, no_memory
            try:
                with self.assertRaises(OSError) as raised:
                    await Request.create(Microdot(), reader, writer, ('memory', 0))
            finally:
                upgrade.create = create
            self.assertEqual(raised.exception.errno, 12)  # ENOMEM

        run(main())

    def test_a_message_in_fragments(self):
        """Its lock is given back."""

        async def main():
            ws, peer = await open_websocket()
            ws.flush = no_memory
            for _ in range(2):
                try:
                    await ws.send_stream(['a'])
                except (MemoryError, WebSocketError) as exc:
                    self.assertTrue(exc)
                self.assertFalse(ws.message_lock.locked())

        run(main())


class TestCancelled(unittest.TestCase):
    def test_the_other_task_cannot_wait_on(self):
        async def main():
            ws, peer = await open_websocket()

            class Protocol:
                abort = ws.protocol.abort

                def register(self):
                    raise MemoryError

            ws.protocol = Protocol()
            ws.register()
            self.assertTrue(ws.closed)

        run(main())
