"""Inflating and compressing: the same with MicroPython's deflate and with CPython's zlib."""

import asyncio
import sys
import unittest

from capacity import LARGE, sample
from deflated import Deflated, bomb, far, inflated
from frames import pattern
from memory_stream import run
from microdot_websocket.features.compression import MIN_BITS, Inflater, deflate, inflate

CPYTHON = sys.implementation.name == 'cpython'


def inflater(message, few=12, bits=12):
    return Inflater(bytes(message), few, bits)


def in_pieces(inflater, size):
    """All of it, in pieces of that size."""
    result = b''
    buf = bytearray(size)
    while True:
        n = inflater.readinto(buf)
        result += buf[:n]
        if n < size:
            return result


class TestInflater(unittest.TestCase):
    def test_pieces(self):
        data = Deflated().stored(pattern(300)).fixed(b'ab', (258, 2)).fixed(b'c', final=True)
        data.align().stored(b'').stored(b'de', final=True).align()
        expected = pattern(300) + b'ab' * 130 + b'cde'
        for size in (1, 2, 7, 100, 300, 562, 563, 564, 1000):
            self.assertEqual(in_pieces(inflater(data.message()), size), expected)

    def test_after_the_end(self):
        it = inflater(Deflated().fixed(b'abc').message())
        buf = bytearray(3)
        self.assertEqual([it.readinto(buf), it.readinto(buf), it.readinto(buf)], [3, 0, 0])
        self.assertEqual(buf, b'abc')
        self.assertEqual(it.readinto(bytearray(0)), 0)

    def test_rewind(self):
        message, expected = far(1000)
        for size in (1, 100, 1008, 2000):
            it = inflater(message, 9)
            it.readinto(bytearray(size))
            it.rewind()
            self.assertEqual(in_pieces(it, 700), expected)
            it.rewind()
            self.assertEqual(in_pieces(it, 2000), expected)

    def test_a_window_that_is_too_small_to_begin_with(self):
        message, expected = far(1500)
        for size in (7, 77, 512, 1500, 1501, 2000):
            self.assertEqual(in_pieces(inflater(message, 9), size), expected)

    def test_errors(self):
        whole = Deflated().stored(pattern(20)).message()
        for message in (b'', b'\x06', b'\x07', whole[:-1], whole[:-7], whole + b'\x01'):
            for size in (1, 7, 100):
                with self.assertRaises(ValueError):
                    in_pieces(inflater(message), size)

    def becomes(self, message, few, bits, size):
        """What the message becomes; None if it is refused, or depends on what is before it."""
        try:
            it = inflater(message, few, bits)
            result = in_pieces(it, size)
            if not it.sure:
                for _ in range(2):
                    it.rewind()
                    again = in_pieces(it, size)
                    self.assertEqual(len(again), len(result))
                    if again != result:
                        # Never what was in memory, nor zeros.
                        for a, b in zip(result, again):
                            self.assertTrue(a == b or a == 0xFF)
                        result = None
                        break
        except ValueError:
            return None
        return result

    def test_distances_beyond_the_beginning(self):
        for before in (b'', b'a', pattern(100), pattern(600), pattern(2100)):
            n = len(before)
            for distance in (1, 2, 100, 512, 513, 599, 600, 601, 1024, 2048, 2100, 2101, 4096):
                message = Deflated().fixed(before, (10, distance)).message()
                expected = None
                if distance <= n:
                    expected = before + (before[n - distance :][:10] * 10)[:10]
                for few in (9, 12):
                    got = self.becomes(message, few, 12, 77)
                    self.assertEqual(got, expected, (n, distance, few))

    def test_distances_beyond_a_final_block(self):
        for distance, found in ((5, b'xyzabcdeabc'), (6, None), (8, None), (512, None)):
            data = Deflated().fixed(b'xyz', final=True).align().fixed(b'abcde', (3, distance))
            self.assertEqual(self.becomes(data.message(), 9, 9, 5), found)

    def test_copies_of_what_came_from_beyond_the_beginning(self):
        message = Deflated().fixed((10, 512), b'abc', (10, 13), b'\xff\xfe').message()
        for size in (1, 9, 100):
            self.assertIs(self.becomes(message, 9, 9, size), None)

    def test_all_bytes(self):
        data = bytes(range(256))
        message = Deflated().fixed(data, (10, 1), (10, 2), (9, 256)).message()
        expected = data + b'\xff' * 20
        expected += expected[len(expected) - 256 :][:9]
        for few, bits in ((9, 9), (9, 15), (10, 10)):
            for size in (1, 50, 1000):
                self.assertEqual(self.becomes(message, few, bits, size), expected)

    def test_a_bomb_takes_no_memory(self):
        if CPYTHON:
            return
        import gc

        it = inflater(bomb(LARGE), 9)
        buf = bytearray(100)
        it.readinto(buf)
        before = gc.mem_alloc()
        gc.disable()
        n = it.readinto(buf)
        used = gc.mem_alloc() - before
        gc.enable()
        self.assertEqual(n, 100)
        self.assertLessEqual(used, 500)


class TestInflate(unittest.TestCase):
    def test_limits(self):
        for data in (b'', b'a', pattern(300), b'x' * 2000):
            n = len(data)
            for message in (Deflated().stored(data), Deflated().fixed(data)):
                for limit in (n, n + 1, 10 * n, 0x3FFFFFFF):
                    self.assertEqual(bytes(inflate(message.message(), 15, limit)), data)
                for limit in sample(range(n), 3):
                    with self.assertRaises(OverflowError):
                        inflate(message.message(), 15, limit)

    def test_windows(self):
        for distance in (8, 512, 600, 1024):
            message, expected = far(distance)
            for bits in (10, 12, 15):
                self.assertEqual(bytes(inflate(message, bits, 2000)), expected)

    def test_a_bomb(self):
        message = bomb(LARGE)
        n = (LARGE - 1) // 258 * 258 + 1
        self.assertEqual(bytes(inflate(message, 15, n)), b'x' * n)
        for limit in (n - 1, 1000, 0):
            with self.assertRaises(OverflowError):
                inflate(message, 15, limit)

    def test_errors(self):
        whole = Deflated().stored(pattern(20)).message()
        for message in (b'', b'\x06', b'\x07', whole[:-1], whole[:-7], whole + b'\x01'):
            with self.assertRaises(ValueError):
                inflate(message, 15, 1000)
        for data in (Deflated().fixed((3, 1)), Deflated().fixed(b'ab', (3, 3))):
            with self.assertRaises(ValueError):
                inflate(data.message(), 15, 1000)


class TestDeflate(unittest.TestCase):
    def check(self, data, bits=15, level=6):
        message = deflate(data, bits, level)
        if isinstance(data, str):
            data = data.encode()
        self.assertTrue(len(message) < len(data))
        self.assertEqual(inflated(bytes(message), bits), data)

    def test_where_there_is_none(self):
        if deflate:
            self.assertTrue(MIN_BITS <= 9)
            return
        from deflate import DeflateIO

        self.assertFalse(hasattr(DeflateIO, 'write'))

    def test_every_length(self):
        """Wherever in a byte its bits may end."""
        for n in range(70) if deflate else ():
            self.check(b'a' * (64 + n))
            self.check(b'ab' * 50 + pattern(n))
            self.check('é' * (64 + n))

    def test_kinds_of_buffers(self):
        for data in (b'x' * 99, bytearray(99), memoryview(b'abcd' * 30)[3:]) if deflate else ():
            self.check(data)

    def test_large(self):
        data = bytearray(b'%d ' % LARGE * (LARGE // 10))
        for i in range(0, len(data), 1000):
            data[i] = i * i % 251
        if deflate:
            self.check(data)

    def test_windows(self):
        data = b'abc' * 100 + pattern(251) * (LARGE // 1000) + b'abc' * 100
        for bits in sample(range(MIN_BITS, 16), 3) if deflate else ():
            self.check(data, bits)
            for n in ((1 << bits) - 10, 1 << bits, (1 << bits) + 10):
                if n <= LARGE:
                    self.check(b'0123456789' + b'ab' * (n // 2) + b'0123456789', bits)

    def test_what_would_not_be_shorter(self):
        for data in ('', b'', b'a', b'abc', pattern(200)) if deflate else ():
            self.assertIs(deflate(data, 15, 6), None)


class Unsure:
    """An ``Inflater`` like MicroPython's: it cannot tell whether a byte came from before the
    message's beginning. Such bytes are ``before``: 0xFF at first, others behind rewind()."""

    sure = False

    def __init__(self, before=b'', rest=b'x' * 700):
        self.before = before
        self.rest = rest
        self.size = 10
        self.left = before + rest

    def rewind(self):
        self.left = bytes(len(self.before)) + self.rest

    def readinto(self, buf):
        n = min(len(buf), len(self.left))
        buf[:n] = self.left[:n]
        self.left = self.left[n:]
        return n


if not CPYTHON:  # zlib is sure
    from microdot_websocket.features.deflate import inflate_all, verify

    class TestUnsure(unittest.TestCase):
        def test_a_message(self):
            for rest in (b'', b'x' * 9, b'\xff' * 9, b'y\xff' * 700):
                self.assertEqual(inflate_all(Unsure(rest=rest), 2000), rest)
                for before in (b'\xff', b'\xff' * 600):
                    with self.assertRaises(ValueError):
                        inflate_all(Unsure(before, rest), 3000)
            for limit in (1399, 600, 1):
                with self.assertRaises(OverflowError):
                    inflate_all(Unsure(rest=b'y\xff' * 700), limit)

        def test_before_any_of_it_is_put_out(self):
            async def main():
                for rest in (b'', b'x' * 9, b'\xff' * 9, b'y\xff' * 700):
                    inflater = Unsure(rest=rest)
                    await verify(inflater, 1400)
                    self.assertEqual(inflater.left, rest)  # from its beginning on
                    for before in (b'\xff', b'\xff' * 600):
                        for limit in (3000, 0x3FFFFFFF):
                            with self.assertRaises(ValueError):
                                await verify(Unsure(before, rest or b'\xff'), limit)
                with self.assertRaises(OverflowError):
                    await verify(Unsure(rest=b'y\xff' * 700), 1399)

            run(main())

        def test_others_run_while_one_without_a_limit_is_looked_at(self):
            async def main():
                task = asyncio.create_task(verify(Unsure(rest=bytes(2000)), 0x3FFFFFFF))
                await asyncio.sleep(0)
                self.assertFalse(task.done())
                await task

            run(main())
