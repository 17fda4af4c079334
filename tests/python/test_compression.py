"""permessage-deflate: compressed messages in all the ways of feeding.py."""

import sys
import unittest

from capacity import LARGE, sample
from connection import end_of, request_bytes
from deflated import Deflated, bomb, compressed, far
from feeding import messages_of, open_small, ways
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, pattern
from memory_stream import run

CPYTHON = sys.implementation.name == 'cpython'
HELLO = b'\xf2H\xcd\xc9\xc9\x07\x00'  # RFC 7692, section 7.2.3.1
# 200 letters with codes of their own, as zlib made it.
DYNAMIC = (
    b'L\x8eA\x12\x041\x08\x02\xdf\n\x08\xfe\xff\x07k\xcc\xcc\xd4^,\x0b\xbbI '
    b'\xc7B\xcd,T\x923;\xa6\xbb\xdb\n\x80T\x93lC\x12\xc3r\xa9\xc7Z\xe6'
    b'^%\x9c\xfc\xf4\xe4Z$\xfc$\x1f\xc3k)\xcb?;\xfe\xf6\xcbL\xc3|B'
    b'5\xae\xe7\xe1i\xdek\xab\xeaM\xe4e\xa6\x7f\xad\x93\xff\x00'
)
DYNAMIC_TEXT = ''.join([chr(97 + i * i * 7919 % 1000 % 7) for i in range(200)])


async def open_compressing(bits, limit):
    offer = 'permessage-deflate; client_max_window_bits=%d' % bits
    request = request_bytes(Sec_WebSocket_Extensions=offer)
    return await open_small(request, {'compression': True}, max_message_length=limit)


def received(data, step, bits=15, limit=LARGE):
    """The messages that `data` is; what it ends with, if it is an error."""

    async def main():
        ws, peer = await open_compressing(bits, limit)
        return await messages_of(ws, peer, data, step)

    return run(main())


class TestMessages(unittest.TestCase):
    def check(self, data, *expected, bits=15, limit=LARGE):
        """`expected`: messages, or ('error', code)."""
        for trailing, step in ways(data):
            with self.subTest(step=step, trailing=trailing):
                got = received(data + trailing, step, bits, limit)
                self.assertEqual(got[: len(expected)], list(expected))
                if not trailing:
                    self.assertEqual(len(got), len(expected))
                for message, one in zip(expected, got):
                    self.assertIs(type(one), type(message))

    def check_error(self, data, code, **options):
        self.check(data, ('error', code), **options)

    def test_examples_of_the_rfc(self):
        hello = 'Hello'
        self.check(compressed(TEXT, HELLO), hello)
        fragments = compressed(TEXT, HELLO[:3], fin=False) + frame(CONT, HELLO[3:])
        self.check(fragments, hello)
        self.check(compressed(TEXT, b'\x00\x05\x00\xfa\xffHello\x00'), hello)
        self.check(compressed(TEXT, b'\xf3H\xcd\xc9\xc9\x07\x00\x00'), hello)  # a final block
        self.check(compressed(TEXT, b'\xf2H\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00'), hello)

    def test_empty(self):
        for data in (b'\x00', b'\x02\x00', b'\x03\x00\x00', Deflated().stored(b'').message()):
            self.check(compressed(BINARY, data), b'')
            self.check(compressed(TEXT, data), '')
        empty = frame(CONT, fin=False) + frame(CONT)
        self.check(compressed(TEXT, HELLO, fin=False) + empty, 'Hello')
        self.check(compressed(TEXT, b'', fin=False) + frame(CONT, HELLO), 'Hello')
        self.check(compressed(TEXT, b''), '')  # as zlib takes it
        self.check(compressed(BINARY, b''), b'')
        self.check(compressed(BINARY, b'', fin=False) + empty, b'')

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
            'é',
            'Hello',
            'é',
            b'Hello',
            pattern(300),
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

        async def main():
            ws, peer = await open_small()
            return await messages_of(ws, peer, compressed(TEXT, HELLO), 1000)

        self.assertEqual(run(main()), [('error', 1002)])

    def test_kinds_of_blocks(self):
        data = Deflated().stored(b'ab').fixed(b'c\xff', (3, 1), (10, 4)).fixed().stored(b'')
        self.check(compressed(BINARY, data.message()), b'abc' + b'\xff' * 14)
        self.check(compressed(TEXT, DYNAMIC), DYNAMIC_TEXT)

    def test_final_blocks(self):
        data = Deflated().fixed(b'ab', final=True).align()
        self.check(compressed(BINARY, data.message()), b'ab')
        for _ in range(5):
            data.fixed(b'cd', final=True).align().stored(b'e').stored(b'', final=True)
        self.check(compressed(BINARY, data.message()), b'ab' + b'cde' * 5)
        for _ in range(100):
            data.fixed(b'', final=True).align()
        self.check_error(compressed(BINARY, data.message()), 1007)

    def test_windows(self):
        for bits in sample(range(9, 16), 3):
            if 2 << bits < LARGE:
                data, expected = far(1 << bits)
                self.assertEqual(received(compressed(BINARY, data), 1000, bits), [expected])

    def test_a_window_that_becomes_large_late(self):
        """Most messages are not that much longer than they were."""
        size = (min(LARGE, 32768) // 258 - 1) * 258
        data = Deflated().fixed(b'0123456789ab', (size, 2), (10, size + 12)).message()
        expected = b'0123456789ab' + b'ab' * (size // 2) + b'0123456789'
        self.check(compressed(BINARY, data), expected)

    def test_the_limit(self):
        for n in sample((0, 1, 5, 140, 1000), 2):
            for data in (Deflated().stored(pattern(n)), Deflated().fixed(pattern(n))):
                data = compressed(BINARY, data.message())
                self.check(data, pattern(n), limit=max(n, 1))
                if n > 1:
                    self.check_error(data, 1009, limit=n - 1)

    def test_limits_beyond_the_longest_message_that_there_is(self):
        for limit in (0, (1 << 30) - 1, 1 << 30, sys.maxsize, 1 << 32, 1 << 64):
            (got,) = received(compressed(TEXT, HELLO), 1000, limit=limit)
            self.assertEqual(got, 'Hello', limit)

    def test_more_compressed_bytes_than_the_limit(self):
        for n in (100, 1000):
            data = Deflated().stored(pattern(n)).message()
            for at in (1, n // 2, n, len(data)):
                parts = compressed(BINARY, data[:at], fin=False) + frame(CONT, data[at:])
                self.check(parts, pattern(n), limit=n)
        for _ in range(9):
            data += Deflated().stored(b'').message()
        self.check_error(compressed(BINARY, data[:100] * 15), 1009, limit=1000)

    def test_bombs(self):
        data = bomb(20 * LARGE)
        for opcode in (BINARY, TEXT):
            got = received(compressed(opcode, data), 1000, limit=LARGE // 10 + len(data))
            self.assertEqual(got, [('error', 1009)])

    def test_a_bomb_is_never_in_memory(self):
        if CPYTHON:
            return
        import gc

        data = compressed(BINARY, bomb(2 * LARGE))

        async def main():
            ws, peer = await open_compressing(14, LARGE)
            peer.feed(data)
            gc.collect()
            before = gc.mem_alloc()
            gc.disable()
            try:
                end = await end_of(ws.receive())
                used = gc.mem_alloc() - before
            finally:
                gc.enable()
            self.assertEqual(end, (1009, 'message too big'))
            self.assertLessEqual(used, 28 * len(data) + 8000)
            self.assertTrue(used < LARGE or LARGE < 10000)

        run(main())

    def test_utf8(self):
        for text in ('é€😀', 'x' * 300 + 'é', '\x00'):
            data = Deflated().fixed(text.encode()).message()
            self.check(compressed(TEXT, data), text)
        for text in (b'\xff', b'x' * 300 + b'\xc3', b'\xed\xa0\x80', b'\xc3('):
            data = Deflated().stored(text).message()
            self.check_error(compressed(TEXT, data), 1007)
            self.check(compressed(BINARY, data), text)

    def test_corrupt(self):
        stored = Deflated().stored(b'abc').data
        for data in (
            b'\xff',
            b'\x06',
            b'\x07\x00',  # a block of a kind that there is not
            bytes(stored[:3]) + b'\x00' + bytes(stored[4:]) + b'\x00',  # lengths that do not agree
            bytes(stored),
            HELLO[:-1] + b'\x01',
            HELLO + HELLO[:3],
        ):
            self.check_error(compressed(BINARY, data), 1007, limit=500)

    def test_references_beyond_the_beginning(self):
        """Of peers that keep their window from message to message, though none was agreed on."""
        for data in (
            Deflated().fixed((3, 1)),
            Deflated().fixed(b'Hello', (10, 7)),
            Deflated().stored(b'\xff\xfe' * 99).fixed((10, 199)),
            Deflated().stored(b'\xff' * 300).fixed((1032, 301)),
            Deflated().stored(pattern(400)).fixed((10, 512)),
            Deflated().fixed(b'xy', final=True).align().fixed((3, 1)),
        ):
            for opcode in (TEXT, BINARY):
                self.check_error(compressed(opcode, data.message()), 1007, limit=2000)

    def test_truncated(self):
        whole = Deflated().stored(pattern(20)).fixed(b'ab').fixed(b'abcdef', (3, 2)).message()
        for n in sample(range(1, len(whole) - 1), 9):
            (got,) = received(compressed(BINARY, whole[:n]), 1000, limit=500)
            # It may happen to end with a block.
            self.assertTrue(got == ('error', 1007) or len(got) < 31, n)
