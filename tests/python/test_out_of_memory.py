"""What a lack of memory leaves behind, in the places where it once was too much. All the others:
tests/oom."""

import sys
import unittest

from connection import close_frame, end_of, frames_to, open_websocket, request_bytes
from memory_stream import open_pair, run
from microdot import Microdot
from microdot.microdot import Request
from microdot_websocket import WebSocket, WebSocketError, timer, upgrade, websocket
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

    def test_send(self):
        """A part of the frame may be out: nothing can follow it."""

        async def main():
            def no_memory(data, opcode):
                raise MemoryError

            class Protocol:
                write = staticmethod(no_memory)

            ws, peer = await open_websocket()
            ws.writer = Protocol()
            with self.assertRaises(MemoryError):
                await ws.send('x')
            self.assertEqual(await end_of(ws.send('x')), (1006, 'connection lost'))

            # And that of what had to wait.
            async def flush(*args):
                raise MemoryError

            ws, peer = await open_websocket()
            ws.flush = flush
            ws.acquire()
            with self.assertRaises(MemoryError):
                await ws.send('x')
            self.assertEqual(ws.close_code, 1006)

        run(main())

    def test_the_error_itself(self):
        async def main():
            def no_memory(*args):
                raise MemoryError

            ws, peer = await open_websocket()
            websocket.WebSocketError = no_memory
            try:
                error = ws.abort('why')
            finally:
                websocket.WebSocketError = WebSocketError
            self.assertIs(error, websocket.default)
            self.assertEqual((error.code, error.reason), (1006, 'why'))

        run(main())

    def test_the_end(self):
        """However often the protocol's own needs memory; and without a timer nobody waits."""

        async def main():
            tries = []

            class Protocol:
                def __init__(self, failures):
                    self.failures = failures

                def write(self, data, opcode):
                    pass

                def abort(self):
                    tries.append(1)
                    if len(tries) <= self.failures:
                        raise MemoryError

            for failures in (0, 3, 100):
                ws, peer = await open_websocket()
                ws.protocol.abort()
                ws.protocol = Protocol(failures)
                ws.abort()
                self.assertTrue(len(tries) == failures + 1 or failures == 100)
                self.assertTrue(len(tries) < 20)
                self.assertFalse(ws in connections)
                tries.clear()

            def no_memory(watch, time):
                raise MemoryError

            ws, peer = await open_websocket()
            saved, timer.set = timer.set, no_memory
            try:
                await ws.close()
            finally:
                timer.set = saved
            self.assertEqual((ws.close_code, ws in connections), (1000, False))
            self.assertEqual(frames_to(peer), [close_frame(1000)])

        run(main())

    def test_features(self):
        """Of a module that was imported in part nothing is left."""
        if sys.implementation.name != 'cpython':
            return  # it would crash

        class Finder:
            def find_spec(self, name, path, target=None):
                if name == 'microdot_websocket.features':
                    raise MemoryError

        # The class as it is on boards: on CPython it has all features from the beginning.
        from importlib.util import module_from_spec, spec_from_file_location

        spec = spec_from_file_location('microdot_websocket.on_boards', websocket.__file__)
        on_boards = module_from_spec(spec)
        spec.loader.exec_module(on_boards)
        saved = sys.modules.pop('microdot_websocket.features')
        sys.meta_path.insert(0, Finder())
        try:
            with self.assertRaises(MemoryError):
                on_boards.WebSocket(None).nothing  # noqa: B018
        finally:
            del sys.meta_path[0]
            sys.modules['microdot_websocket.features'] = saved

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
