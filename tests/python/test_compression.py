"""permessage-deflate: what is negotiated, and the messages."""

import asyncio
import sys
import unittest

from capacity import LARGE, sample
from connection import close_frame, end_of, frames_to, open_websocket, request_bytes
from deflated import Deflated, bomb, far, inflated
from feeding import BUFFER, WAYS, feed
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, pattern
from memory_stream import run, settle
from microdot_websocket import _compression
from microdot_websocket._compression import EXTENSION, Inflating, accept, confirm, offer
from microdot_websocket.protocol import Protocol

CPYTHON = sys.implementation.name == 'cpython'
CAN_COMPRESS = bool(_compression.deflate)
HELLO = b'\xf2H\xcd\xc9\xc9\x07\x00'  # RFC 7692, section 7.2.3.1
# 200 letters with codes of their own, as zlib made it.
DYNAMIC = (
    b'L\x8eA\x12\x041\x08\x02\xdf\n\x08\xfe\xff\x07k\xcc\xcc\xd4^,\x0b\xbbI '
    b'\xc7B\xcd,T\x923;\xa6\xbb\xdb\n\x80T\x93lC\x12\xc3r\xa9\xc7Z\xe6'
    b'^%\x9c\xfc\xf4\xe4Z$\xfc$\x1f\xc3k)\xcb?;\xfe\xf6\xcbL\xc3|B'
    b'5\xae\xe7\xe1i\xdek\xab\xeaM\xe4e\xa6\x7f\xad\x93\xff\x00'
)
DYNAMIC_TEXT = ''.join([chr(97 + i * i * 7919 % 1000 % 7) for i in range(200)])
OURS = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'


def compressed(opcode, payload, **options):
    return frame(opcode, payload, rsv=4, **options)


class TestAccept(unittest.TestCase):
    def test_offers(self):
        for header, answer, client, server in (
            ('%', '', 15, 15),
            (' % ', '', 15, 15),
            ('%; server_no_context_takeover', '', 15, 15),
            ('%;client_no_context_takeover ;server_no_context_takeover', '', 15, 15),
            ('%; client_max_window_bits', '; client_max_window_bits=14', 14, 15),
            ('%; client_max_window_bits=15', '; client_max_window_bits=14', 14, 15),
            ('%; client_max_window_bits=10', '; client_max_window_bits=10', 10, 15),
            ('%; client_max_window_bits=8', '; client_max_window_bits=8', 8, 15),
            ('%; client_max_window_bits="9"', '; client_max_window_bits=9', 9, 15),
            ('%; server_max_window_bits=8', '; server_max_window_bits=8', 15, 8),
            ('%; server_max_window_bits = "1\\2"', '; server_max_window_bits=12', 15, 12),
            (
                '%; client_max_window_bits; server_max_window_bits=10',
                '; server_max_window_bits=10; client_max_window_bits=14',
                14,
                10,
            ),
            ('other, %', '', 15, 15),
            ('other; a="b,c;d"; e,%', '', 15, 15),
            ('%; x, %', '', 15, 15),
            (
                '%; server_max_window_bits=7, %; client_max_window_bits=9',
                '; client_max_window_bits=9',
                9,
                15,
            ),
        ):
            header = header.replace('%', EXTENSION)
            self.assertEqual(accept(header, 16384), (OURS + answer, client, server), header)

    def test_declined(self):
        for header in (
            '',
            ' ',
            ',',
            ';',
            'x-webkit-deflate-frame',
            'Permessage-deflate',
            'permessage-deflate2',
            'permessage-deflate=1',
            'permessage-deflate;',
            'permessage-deflate; ; client_max_window_bits',
            'permessage-deflate; unknown',
            'permessage-deflate; permessage-deflate',
            'permessage-deflate; server_no_context_takeover=1',
            'permessage-deflate; client_no_context_takeover=',
            'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
            'permessage-deflate; client_max_window_bits; client_max_window_bits=9',
            'permessage-deflate; client_max_window_bits=7',
            'permessage-deflate; client_max_window_bits=16',
            'permessage-deflate; client_max_window_bits=08',
            'permessage-deflate; client_max_window_bits=+9',
            'permessage-deflate; client_max_window_bits=',
            'permessage-deflate; client_max_window_bits=""',
            'permessage-deflate; client_max_window_bits="9',
            "permessage-deflate; client_max_window_bits='9'",
            'permessage-deflate; server_max_window_bits',
            'permessage-deflate; server_max_window_bits=0',
            'permessage-deflate; server_max_window_bits=9 9',
            'permessage-deflate; a=", permessage-deflate, "',
        ):
            self.assertIs(accept(header, 16384), None, header)

    def test_the_window_suits_the_limit(self):
        for limit, bits in (
            (1, 9),
            (512, 9),
            (513, 10),
            (16384, 14),
            (16385, 15),
            (1 << 20, 15),
            (0x3FFFFFFF, 15),
        ):
            _, client, _ = accept(EXTENSION + '; client_max_window_bits', limit)
            self.assertEqual(client, bits, limit)
            _, client, _ = accept(EXTENSION, limit)
            self.assertEqual(client, 15, limit)

    def test_a_firmware_without_deflate(self):
        inflater, _compression.Inflater = _compression.Inflater, None
        try:
            self.assertIs(accept(EXTENSION, 1000), None)
            self.assertEqual(offer(1000), '')
        finally:
            _compression.Inflater = inflater


class TestClient(unittest.TestCase):
    def test_offer(self):
        any_window = OURS + '; client_max_window_bits'
        self.assertEqual(offer(1000), any_window + '; server_max_window_bits=10, ' + any_window)
        self.assertEqual(offer(1 << 20), any_window)

    def test_what_it_offers_would_be_accepted(self):
        for limit in (1, 600, 16384, 1 << 20):
            answer, client, server = accept(offer(limit), limit)
            self.assertEqual(confirm(answer), (answer, server, client))
            self.assertEqual(server, client)

    def test_answers(self):
        needed = 'permessage-deflate; server_no_context_takeover'
        for header, server, client in (
            (needed, 15, 15),
            (needed + '; client_no_context_takeover', 15, 15),
            (needed + '; server_max_window_bits=9', 9, 15),
            (needed + '; client_max_window_bits=11; server_max_window_bits="10"', 10, 11),
        ):
            self.assertEqual(confirm(header), (header, server, client))
        for header in ('', ' '):
            self.assertIs(confirm(header), None)

    def test_bad_answers(self):
        needed = 'permessage-deflate; server_no_context_takeover'
        for header in (
            'permessage-deflate',
            'permessage-deflate; client_no_context_takeover',
            needed + '; client_max_window_bits',
            needed + '; server_max_window_bits',
            needed + '; server_max_window_bits=16',
            needed + '; x',
            needed + ', ' + needed,
            needed + ', other',
            'other',
            ',',
        ):
            with self.assertRaises(ValueError):
                confirm(header)


def inflating(bits=15, limit=LARGE):
    protocol = Inflating(Protocol(BUFFER), bits)
    protocol.limit = limit
    return protocol


class TestMessages(unittest.TestCase):
    def check(self, data, *expected, bits=15, limit=LARGE):
        """In all the ways of feeding.py."""
        for trailing, step in WAYS:
            with self.subTest(step=step, trailing=trailing):
                events = feed(inflating(bits, limit), data + trailing, step)
                self.assertEqual(events[: len(expected)], list(expected))
                if not trailing:
                    self.assertEqual(len(events), len(expected))
                for event, got in zip(expected, events):
                    self.assertIs(type(got[1]), type(event[1]))

    def check_error(self, data, code, **options):
        self.check(data, ('error', code), **options)

    def test_examples_of_the_rfc(self):
        hello = (TEXT, 'Hello')
        self.check(compressed(TEXT, HELLO), hello)
        fragments = compressed(TEXT, HELLO[:3], fin=False) + frame(CONT, HELLO[3:])
        self.check(fragments, hello)
        self.check(compressed(TEXT, b'\x00\x05\x00\xfa\xffHello\x00'), hello)
        self.check(compressed(TEXT, b'\xf3H\xcd\xc9\xc9\x07\x00\x00'), hello)  # a final block
        self.check(compressed(TEXT, b'\xf2H\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00'), hello)

    def test_empty(self):
        for data in (b'\x00', b'\x02\x00', b'\x03\x00\x00', Deflated().stored(b'').message()):
            self.check(compressed(BINARY, data), (BINARY, b''))
            self.check(compressed(TEXT, data), (TEXT, ''))
        empty = frame(CONT, fin=False) + frame(CONT)
        self.check(compressed(TEXT, HELLO, fin=False) + empty, (TEXT, 'Hello'))
        self.check(compressed(TEXT, b'', fin=False) + frame(CONT, HELLO), (TEXT, 'Hello'))

    def test_between_others(self):
        self.check(
            frame(TEXT, 'é')
            + compressed(TEXT, HELLO[:1], fin=False)
            + frame(PING, b'p')
            + frame(CONT, HELLO[1:5], fin=False)
            + frame(PONG)
            + frame(CONT, HELLO[5:])
            + frame(TEXT, b'\xc3', fin=False)
            + frame(CONT, b'\xa9')
            + compressed(BINARY, HELLO)
            + frame(BINARY, pattern(300)),
            (TEXT, 'é'),
            (PING, b'p'),
            (PONG, None),
            (TEXT, 'Hello'),
            (TEXT, 'é'),
            (BINARY, b'Hello'),
            (BINARY, pattern(300)),
        )

    def test_where_rsv1_may_be(self):
        begun = compressed(TEXT, HELLO[:3], fin=False)
        for data in (
            frame(TEXT, HELLO, rsv=2),
            frame(TEXT, HELLO, rsv=1),
            frame(TEXT, HELLO, rsv=5),
            frame(TEXT, HELLO, rsv=7),
            frame(CONT, HELLO, rsv=4),
            begun + frame(CONT, HELLO[3:], rsv=4),
            frame(PING, rsv=4),
            frame(PONG, rsv=4),
            frame(CLOSE, rsv=4),
            frame(3, rsv=4),
            begun + compressed(TEXT, HELLO),
            compressed(TEXT, HELLO, key=None),
        ):
            self.check_error(data, 1002)

    def test_without_the_extension(self):
        self.assertEqual(feed(Protocol(BUFFER), compressed(TEXT, HELLO), 1000), [('error', 1002)])

    def test_kinds_of_blocks(self):
        data = Deflated().stored(b'ab').fixed(b'c\xff', (3, 1), (10, 4)).fixed().stored(b'')
        self.check(compressed(BINARY, data.message()), (BINARY, b'abc' + b'\xff' * 14))
        self.check(compressed(TEXT, DYNAMIC), (TEXT, DYNAMIC_TEXT))

    def test_final_blocks(self):
        data = Deflated().fixed(b'ab', final=True).align()
        self.check(compressed(BINARY, data.message()), (BINARY, b'ab'))
        for _ in range(5):
            data.fixed(b'cd', final=True).align().stored(b'e').stored(b'', final=True)
        self.check(compressed(BINARY, data.message()), (BINARY, b'ab' + b'cde' * 5))
        for _ in range(100):
            data.fixed(b'', final=True).align()
        self.check_error(compressed(BINARY, data.message()), 1007)

    def test_windows(self):
        for bits in sample(range(9, 16), 3):
            if 1 << bits < LARGE:
                data, expected = far(1 << bits)
                self.check(compressed(BINARY, data), (BINARY, expected), bits=bits)

    def test_a_window_that_becomes_large_late(self):
        """Most messages are not that much longer than they were."""
        size = (min(LARGE, 32768) // 258 - 1) * 258
        data = Deflated().fixed(b'0123456789ab', (size, 2), (10, size + 12)).message()
        expected = b'0123456789ab' + b'ab' * (size // 2) + b'0123456789'
        self.check(compressed(BINARY, data), (BINARY, expected))

    def test_the_limit(self):
        for n in sample((0, 1, 5, 140, 1000), 2):
            for data in (Deflated().stored(pattern(n)), Deflated().fixed(pattern(n))):
                data = compressed(BINARY, data.message())
                self.check(data, (BINARY, pattern(n)), limit=max(n, 1))
                if n > 1:
                    self.check_error(data, 1009, limit=n - 1)

    def test_more_compressed_bytes_than_the_limit(self):
        for n in (100, 1000):
            data = Deflated().stored(pattern(n)).message()
            for at in (1, n // 2, n, len(data)):
                parts = compressed(BINARY, data[:at], fin=False) + frame(CONT, data[at:])
                self.check(parts, (BINARY, pattern(n)), limit=n)
        for _ in range(9):
            data += Deflated().stored(b'').message()
        self.check_error(compressed(BINARY, data[:100] * 15), 1009, limit=1000)

    def test_bombs(self):
        data = bomb(20 * LARGE)
        self.check_error(compressed(BINARY, data), 1009, limit=LARGE // 10 + len(data))
        self.check_error(compressed(TEXT, data), 1009, limit=LARGE // 10 + len(data))

    def test_a_bomb_is_never_in_memory(self):
        if CPYTHON:
            return
        import gc

        protocol = inflating(14)
        data = compressed(BINARY, bomb(2 * LARGE))
        gc.collect()
        before = gc.mem_alloc()
        gc.disable()
        events = feed(protocol, data, 1000)
        used = gc.mem_alloc() - before
        gc.enable()
        self.assertEqual(events, [('error', 1009)])
        self.assertLessEqual(used, 24 * len(data) + 8000)
        self.assertTrue(used < LARGE or LARGE < 10000)

    def test_utf8(self):
        for text in ('é€😀', 'x' * 300 + 'é', '\x00'):
            data = Deflated().fixed(text.encode()).message()
            self.check(compressed(TEXT, data), (TEXT, text))
        for text in (b'\xff', b'x' * 300 + b'\xc3', b'\xed\xa0\x80', b'\xc3('):
            data = Deflated().stored(text).message()
            self.check_error(compressed(TEXT, data), 1007)
            self.check(compressed(BINARY, data), (BINARY, text))

    def test_corrupt(self):
        stored = Deflated().stored(b'abc').data
        for data in (
            b'',
            b'\xff',
            b'\x06',
            b'\x07\x00',  # a block of a kind that there is not
            bytes(stored[:3]) + b'\x00' + bytes(stored[4:]) + b'\x00',  # lengths that do not agree
            bytes(stored),
            HELLO[:-1] + b'\x01',
            HELLO + HELLO[:3],
        ):
            self.check_error(compressed(BINARY, data), 1007)

    def test_truncated(self):
        whole = Deflated().stored(pattern(20)).fixed(b'ab').fixed(b'abcdef', (3, 2)).message()
        for n in sample(range(1, len(whole) - 1), 9):
            events = feed(inflating(), compressed(BINARY, whole[:n]), 1000)
            # It may happen to end with a block.
            self.assertTrue(events[0] == ('error', 1007) or len(events[0][1]) < 31, n)


async def open_compressing(offer=EXTENSION, compression=True, **attributes):
    request = request_bytes(Sec_WebSocket_Extensions=offer)
    return await open_websocket(request, {'compression': compression}, **attributes)


class TestReceiving(unittest.TestCase):
    def test_messages(self):
        async def main():
            ws, peer = await open_compressing()
            self.assertTrue(ws.compression)
            peer.feed(compressed(TEXT, HELLO) + frame(PING, b'p') + compressed(BINARY, HELLO))
            self.assertEqual(await ws.receive(), 'Hello')
            self.assertEqual(await ws.receive(), b'Hello')
            self.assertEqual(frames_to(peer), [(0x8A, b'p')])

        run(main())

    def test_declined(self):
        async def main():
            for ws, _ in (
                await open_compressing('permessage-deflate; x'),
                await open_compressing(compression=False),
                await open_compressing(None),
            ):
                self.assertFalse(ws.compression)
                self.assertIs(type(ws._protocol), Protocol)

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
        async def main():
            ws, peer = await open_compressing(max_message_length=600)
            ws.max_message_length = LARGE
            data, expected = far(4096)
            peer.feed(compressed(BINARY, data))
            self.assertEqual(await ws.receive(), expected)

        run(main())

    def test_corrupt(self):
        async def main():
            ws, peer = await open_compressing(close_timeout=0)
            peer.feed(compressed(TEXT, b'\x07\x00'))
            self.assertEqual(await end_of(ws.receive()), (1007, 'bad compressed data'))

        run(main())

    def test_no_memory(self):
        async def main():
            ws, peer = await open_compressing(max_message_length=0, close_timeout=0)

            def no_memory(*args):
                raise MemoryError

            inflater, _compression.Inflater = _compression.Inflater, no_memory
            try:
                peer.feed(compressed(TEXT, HELLO))
                self.assertEqual(await end_of(ws.receive()), (1009, 'out of memory'))
            finally:
                _compression.Inflater = inflater

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
            for text in ('é' * 500, 'abc' * 30, 'x' * LARGE):
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
                ({'level': 0}, 500, not CPYTHON),  # it stores then
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
            data = pattern(250) * (LARGE // 250)
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
