"""permessage-deflate over memory streams: both ways, where the firmware can compress."""

import asyncio
import sys
import unittest

from capacity import LARGE
from connection import close_frame, end_of, frames_to, open_websocket, request_bytes
from deflated import Deflated, bomb, compressed, inflated
from frames import BINARY, PING, TEXT, frame, pattern
from memory_stream import run, settle
from microdot import Request
from microdot_websocket.features import compression
from microdot_websocket.features.compression import EXTENSION

CPYTHON = sys.implementation.name == 'cpython'
SURE = compression.Inflater(b'\x00', 9, 9).sure
CAN_COMPRESS = bool(compression.deflate)
HELLO = b'\xf2H\xcd\xc9\xc9\x07\x00'  # RFC 7692, section 7.2.3.1


async def open_compressing(offer=EXTENSION, compression=True, **attributes):
    request = request_bytes(Sec_WebSocket_Extensions=offer)
    return await open_websocket(request, {'compression': compression}, **attributes)


class TestReceiving(unittest.TestCase):
    def test_messages(self):
        async def main():
            ws, peer = await open_compressing()
            self.assertIs(ws.compression, True)
            peer.feed(compressed(TEXT, HELLO) + frame(PING, b'p') + compressed(BINARY, HELLO))
            self.assertEqual(await ws.receive(), 'Hello')
            self.assertEqual(await ws.receive(), b'Hello')
            self.assertEqual(frames_to(peer), [(0x8A, b'p')])

        run(main())

    def test_declined(self):
        async def main():
            for ws, peer in (
                await open_compressing('permessage-deflate; x', close_timeout=0),
                await open_compressing(compression=False, close_timeout=0),
                await open_compressing(None, close_timeout=0),
            ):
                self.assertIs(ws.compression, False)
                self.assertIs(ws.writer, ws.protocol)
                await ws.send('x' * 1000)
                self.assertEqual(frames_to(peer), [(0x81, b'x' * 1000)])
                peer.feed(compressed(TEXT, HELLO))
                self.assertEqual(await end_of(ws.receive()), (1002, 'RSV bits set'))

        run(main())

    def test_the_limit(self):
        async def main():
            ws, peer = await open_compressing(max_message_length=1000, close_timeout=0)
            peer.feed(compressed(BINARY, bomb(1000)) + compressed(BINARY, bomb(1500)))
            self.assertEqual(await ws.receive(), b'x' * 775)
            self.assertEqual(await end_of(ws.receive()), (1009, 'message too big'))
            self.assertEqual(frames_to(peer), [close_frame(1009, 'message too big')])

        run(main())

    def test_a_limit_that_is_raised_later(self):
        """It is for what messages become. How long they are while they are compressed is limited by
        what it was at the handshake."""

        async def main():
            ws, peer = await open_compressing(max_message_length=600, close_timeout=0)
            ws.max_message_length = LARGE
            data = Deflated().stored(pattern(500)).fixed((1032, 500)).message()
            peer.feed(compressed(BINARY, data) + compressed(BINARY, pattern(700)))
            expected = (pattern(500) * 4)[: 500 + 1032]
            self.assertEqual(await ws.receive(), expected)
            self.assertEqual(await end_of(ws.receive()), (1009, 'message too big'))

        run(main())

    def test_limits_of_any_size(self):
        """As sys.maxsize, for none: more than _wsdeflate counts."""

        async def main():
            for limit in (0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 1 << 40, 1 << 70):
                ws, peer = await open_compressing(max_message_length=limit)
                peer.feed(compressed(TEXT, HELLO) * 2)
                self.assertEqual(await ws.receive(), 'Hello', limit)
                self.assertEqual(await ws.receive(max_message_length=limit + 1), 'Hello', limit)

        run(main())

    def test_the_default_limit_is_max_body_length(self):
        """As it was at the handshake; with 0 only empty messages pass."""

        async def main():
            for length, n in ((0, 0), (5, 5)):
                max_body_length, Request.max_body_length = Request.max_body_length, length
                try:
                    ws, peer = await open_compressing(close_timeout=0)
                finally:
                    Request.max_body_length = max_body_length
                for size in (n, n + 1):
                    data = Deflated().stored(pattern(size)).message()
                    peer.feed(compressed(BINARY, data))
                self.assertEqual(await ws.receive(), pattern(n))
                self.assertEqual(await end_of(ws.receive()), (1009, 'message too big'))

        run(main())

    def test_corrupt(self):
        async def main():
            ws, peer = await open_compressing(close_timeout=0, max_message_length=500)
            peer.feed(compressed(TEXT, b'\x07\x00'))
            self.assertEqual(await end_of(ws.receive()), (1007, 'bad compressed data'))

        run(main())

    def test_no_memory(self):
        async def main():
            ws, peer = await open_compressing(max_message_length=0, close_timeout=0)

            def no_memory(*args):
                raise MemoryError

            inflate, compression.inflate = compression.inflate, no_memory
            try:
                peer.feed(compressed(TEXT, HELLO))
                self.assertEqual(await end_of(ws.receive()), (1009, 'out of memory'))
            finally:
                compression.inflate = inflate

        run(main())


def messages_to(peer, bits=15):
    """What the server has sent: (RSV1, opcode, message); compressed ones are inflated."""
    messages = []
    for first, payload in frames_to(peer):
        rsv1 = bool(first & 0x40)
        messages.append((rsv1, first & 0xBF, inflated(payload, bits) if rsv1 else payload))
    return messages


class TestSending(unittest.TestCase):
    def test_messages(self):
        async def main():
            ws, peer = await open_compressing()
            can = CAN_COMPRESS
            for text in ('é' * 500, 'abc' * 30, 'x' * (LARGE // 4)):
                await ws.send(text)
                self.assertEqual(messages_to(peer), [(can, 0x81, text.encode())])
                for data in (text.encode(), bytearray(text.encode()), memoryview(text.encode())):
                    await ws.send(data)
                    self.assertEqual(messages_to(peer), [(can, 0x82, bytes(data))])
            await ws.send('x' * 100, BINARY)
            await ws.send(b'x' * 100, TEXT)
            self.assertEqual([m[:2] for m in messages_to(peer)], [(can, 0x82), (can, 0x81)])

        run(main())

    def test_what_goes_as_it_is(self):
        async def main():
            ws, peer = await open_compressing()
            data = pattern(200)  # no shorter when it is compressed
            for message in ('', 'x' * 63, b'x' * 63, data):
                await ws.send(message)
            await ws.send(b'x' * 125, PING)
            await ws.send_stream([b'x' * 1000])
            frames = [(0x81, b''), (0x81, b'x' * 63), (0x82, b'x' * 63), (0x82, data)]
            frames += [(0x89, b'x' * 125), (0x02, b'x' * 1000), (0x80, b'')]
            self.assertEqual(frames_to(peer), frames)

        run(main())

    def test_options(self):
        async def main():
            for options, n, compresses in (
                ({'threshold': 10}, 10, True),
                ({'threshold': 10}, 9, False),
                ({'threshold': 0}, 9, True),
                ({'threshold': 500, 'level': 1}, 499, False),
                ({'threshold': 500, 'level': 1}, 500, True),
                ({'level': 0}, 500, not SURE),  # it stores then
                ({}, 63, False),
                ({}, 64, True),
            ):
                ws, peer = await open_compressing(compression=options)
                await ws.send(b'x' * n)
                expected = [(compresses and CAN_COMPRESS, 0x82, b'x' * n)]
                self.assertEqual(messages_to(peer), expected)

        run(main())

    def test_the_peers_window(self):
        async def main():
            data = pattern(250) * (LARGE // 1000)
            data = b'abc' * 200 + data + b'abc' * 200
            for bits in range(8, 16):
                ws, peer = await open_compressing(EXTENSION + '; server_max_window_bits=%d' % bits)
                await ws.send(data)
                can = CAN_COMPRESS and (bits > 8 or not CPYTHON)
                self.assertEqual(messages_to(peer, bits), [(can, 0x82, data)])

        run(main())

    def test_a_full_buffer(self):
        async def main():
            ws, peer = await open_compressing()
            peer.give_room(3)
            data = bytearray(b'x' * 1000)
            first = asyncio.create_task(ws.send(data))
            await settle()
            first.cancel()  # the rest of it waits
            await settle()
            data[:] = b'y' * 1000
            second = asyncio.create_task(ws.send(data))
            await settle()
            peer.give_room(None)
            await second
            expected = [(CAN_COMPRESS, 0x82, x * 1000) for x in (b'x', b'y')]
            self.assertEqual(messages_to(peer), expected)

        run(main())
