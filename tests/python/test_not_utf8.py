"""Text that is not UTF-8 is refused by whatever sends: before its first byte, and nothing ends."""

import unittest

from connection import close_frame, frames_to, open_websocket, request_bytes
from frames import TEXT
from memory_stream import run
from microdot_websocket.group import Group
from not_utf8 import SURROGATES


class TestNotUtf8(unittest.TestCase):
    def check(self, send, **options):
        async def main():
            for text in SURROGATES:
                ws, peer = await open_websocket(**options)
                with self.assertRaises(ValueError):
                    await send(ws, text)
                self.assertEqual(frames_to(peer), [])
                self.assertFalse(ws.closed)
                await ws.send('é')
                self.assertEqual(frames_to(peer), [(0x81, 'é'.encode())])

        run(main())

    def test_send(self):
        self.check(lambda ws, text: ws.send(text))
        self.check(lambda ws, text: ws.send(b'abc\xff', TEXT))

    def test_a_compressed_message(self):
        request = request_bytes(Sec_WebSocket_Extensions='permessage-deflate')
        options = {'compression': {'threshold': 9}}
        for make in (lambda text: text * 40, lambda text: b'\xff' * 40):
            self.check(
                lambda ws, text, make=make: ws.send(make(text), TEXT),
                request=request,
                options=options,
            )

    def test_send_stream(self):
        self.check(lambda ws, text: ws.send_stream([text, 'x']))

    def test_a_group(self):
        async def send(ws, text):
            group = Group()
            group.add(ws)
            await group.send(text)

        self.check(send)

    def test_the_reason_of_a_close(self):
        self.check(lambda ws, text: ws.close(3000, text))

    def test_a_later_part_of_a_message(self):
        """Which cannot be completed then."""

        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            with self.assertRaises(ValueError):
                await ws.send_stream(['a', SURROGATES[0]])
            self.assertEqual(frames_to(peer), [(TEXT, b'a'), close_frame(1011)])

        run(main())
