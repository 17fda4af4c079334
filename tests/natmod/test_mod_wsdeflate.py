"""The natmod _wsdeflate: its arguments, and what it does with memory. What it shares with others
that compress is in tests/python/test_deflate.py."""

import gc
import sys
import unittest

import _wsdeflate
from _wsdeflate import Inflater, decode, deflate, encode, inflate
from deflated import Deflated, bomb, far, inflated
from frames import pattern
from microdot_websocket import features
from microdot_websocket.features import compression

package = features.__name__ + '.'
TEXT = b'{"sensor":1,"temperature":21.5},{"sensor":2,"temperature":22.5}'


class TestModule(unittest.TestCase):
    def test_it_is_picked(self):
        self.assertIs(compression.inflate, _wsdeflate.inflate)
        self.assertIs(compression.deflate, deflate)
        self.assertIs(compression.Inflater, Inflater)

    def test_no_other_is_imported(self):
        names = [package + name for name in ('compression', 'deflate')]
        kept = [sys.modules.pop(name, None) for name in names]
        try:
            features.load('compression')
            self.assertEqual([name in sys.modules for name in names], [True, False])
        finally:
            for name, module in zip(names, kept):
                sys.modules.pop(name, None)
                if module:
                    sys.modules[name] = module


class TestInflate(unittest.TestCase):
    def test_messages(self):
        for data in (b'', b'a', TEXT, pattern(300), b'x' * 5000):
            for message in (Deflated().stored(data).message(), deflate(data, 15, 6)):
                if message is not None:
                    got = inflate(message, 15, 5000)
                    self.assertIs(type(got), bytes)
                    self.assertEqual(got, data)
                    self.assertEqual(hash(got), hash(bytes(data)))

    def test_kinds_of_buffers(self):
        message = deflate(TEXT, 9, 6)
        for data in (message, bytearray(message), memoryview(b'xx' + message)[2:]):
            self.assertEqual(inflate(data, 9, 100), TEXT)

    def test_the_limit(self):
        for ratio in (1, 100):
            data = (b'x' if ratio > 1 else pattern(5)) * 100
            message = Deflated().stored(data).message() if ratio == 1 else deflate(data, 15, 6)
            n = len(data)
            for limit in (n, n + 1, 0x3FFFFFFF):
                self.assertEqual(inflate(message, 15, limit), data)
            for limit in (0, 1, n - 1):
                with self.assertRaises(OverflowError):
                    inflate(message, 15, limit)

    def test_a_bomb_takes_no_memory(self):
        message = bomb(20000)
        gc.collect()
        before = gc.mem_alloc()
        gc.disable()
        try:
            with self.assertRaises(OverflowError):
                inflate(message, 15, 1000)
            used = gc.mem_alloc() - before
        finally:
            gc.enable()
        self.assertLessEqual(used, 1500)

    def test_before_all_is_counted_it_takes_four_times_what_has_arrived(self):
        message = bomb(20000)
        for bad in (message[:-2], message[:-2] + b'\xff\xff'):
            gc.collect()
            before = gc.mem_alloc()
            gc.disable()
            try:
                with self.assertRaises(ValueError):
                    inflate(bad, 15, 100000)
                used = gc.mem_alloc() - before
            finally:
                gc.enable()
            self.assertLessEqual(used, 4 * len(message) + 512)

    def test_nothing_of_a_message_stays(self):
        def one(good):
            message = Deflated().stored(bytes(3000)).message() if good else bytes(3000)
            try:
                inflate(message, 15, 5000)
            except ValueError:
                pass

        for good in (True, False):
            inflate(b'\x00', 15, 9)
            gc.collect()
            before = gc.mem_alloc()
            one(good)
            gc.collect()
            self.assertLessEqual(gc.mem_alloc() - before, 1500)

    def test_a_message_takes_its_own_length(self):
        data = b'x' * 3000
        message = deflate(data, 15, 6)
        gc.collect()
        before = gc.mem_alloc()
        got = inflate(message, 15, 5000)
        self.assertLessEqual(gc.mem_alloc() - before, len(got) + 128)

    def test_the_window(self):
        for distance in (256, 257, 512, 513):
            message, expected = far(distance)
            for bits in (8, 9, 10):
                if distance <= 1 << bits:
                    self.assertEqual(inflate(message, bits, 1000), expected)
                else:
                    with self.assertRaises(ValueError):
                        inflate(message, bits, 1000)
                    with self.assertRaises(ValueError):
                        Inflater(message, 9, bits)

    def test_encode(self):
        """Without a copy, be it a name that MicroPython keeps."""
        for text in ('', 'a', 'aé€😀' * 50, 'decode', 'x' * 5):
            expected = text.encode()
            gc.collect()
            before = gc.mem_alloc()
            got = encode(text)
            used = gc.mem_alloc() - before
            self.assertIs(type(got), bytes)
            self.assertEqual((got, hash(got), {expected: 1}[got]), (expected, hash(expected), 1))
            self.assertLessEqual(used, 64)
        for data in (bytearray(b'a'), b'a', None, 1):
            with self.assertRaises(TypeError):
                encode(data)

    def test_decode(self):
        """Without a copy."""
        for text in ('', 'a', 'aé€😀' * 50, 'decode'):
            data = inflate(Deflated().stored(text.encode()).message(), 15, 1000)
            gc.collect()
            before = gc.mem_alloc()
            got = decode(data)
            used = gc.mem_alloc() - before
            self.assertIs(type(got), str)
            self.assertEqual((got, hash(got), {text: 1}[got]), (text, hash(text), 1))
            self.assertLessEqual(used, 64)
            data = None
            gc.collect()
            self.assertEqual(got, text)
        for data in (bytearray(b'a'), 'a', None, 1):
            with self.assertRaises(TypeError):
                decode(data)

    def test_corrupt(self):
        whole = Deflated().stored(pattern(20)).message()
        for message in (b'', b'\x06', b'\x07', whole[:-1], whole[:-7], whole + b'\x01'):
            with self.assertRaises(ValueError):
                inflate(message, 15, 1000)
        try:
            inflate(b'\x03\x00' * 16 + b'\x00', 15, 1000)
        except ValueError as exc:
            self.assertEqual(str(exc), 'too many final blocks')

    def test_arguments(self):
        for args in ((b'\x00', 7, 9), (b'\x00', 16, 9), (b'\x00', 15, -1)):
            with self.assertRaises(ValueError):
                inflate(*args)
        for args in ((None, 15, 9), (b'\x00', None, 9), (b'\x00', 15, None), (1, 15, 9)):
            with self.assertRaises(TypeError):
                inflate(*args)


class TestDeflate(unittest.TestCase):
    def test_what_it_makes(self):
        for data in (TEXT, bytearray(TEXT), memoryview(b'x' + TEXT)[1:], 'é' * 99):
            message = deflate(data, 15, 6)
            self.assertIs(type(message), bytes)
            data = data.encode() if isinstance(data, str) else bytes(data)
            self.assertEqual(inflated(message), data)
            self.assertEqual(hash(message), hash(bytes(bytearray(message))))

    def test_it_takes_its_own_length(self):
        data = TEXT * 30
        gc.collect()
        before = gc.mem_alloc()
        message = deflate(data, 15, 6)
        self.assertLessEqual(gc.mem_alloc() - before, len(message) + 128)

    def test_level_0(self):
        self.assertIs(deflate(TEXT, 15, 0), None)

    def test_arguments(self):
        for bits in (7, 16, -1):
            with self.assertRaises(ValueError):
                deflate(TEXT, bits, 6)
        for args in ((None, 15, 6), (TEXT, None, 6), (1, 15, 6)):
            with self.assertRaises(TypeError):
                deflate(*args)


class TestInflater(unittest.TestCase):
    def test_attributes(self):
        it = Inflater(deflate(TEXT, 9, 6), 9, 9)
        self.assertEqual((it.size, it.sure), (len(deflate(TEXT, 9, 6)), True))
        with self.assertRaises(AttributeError):
            it.other  # noqa: B018
        with self.assertRaises(AttributeError):
            it.size = 1

    def test_the_message_changes(self):
        """Under its hands: that is an error, or other data, and nothing else."""
        message = bytearray(deflate(TEXT, 9, 6))
        it = Inflater(message, 9, 9)
        message.extend(bytes(1000))
        with self.assertRaises(ValueError):
            it.readinto(bytearray(100))
        message = bytearray(deflate(TEXT, 9, 6))
        it = Inflater(message, 9, 9)
        for i in range(len(message)):
            message[i] = 0xFF
        with self.assertRaises(ValueError):
            it.readinto(bytearray(100))

    def test_the_window_is_no_longer_than_the_message(self):
        it = Inflater(deflate(TEXT, 15, 6), 15, 15)
        gc.collect()
        before = gc.mem_alloc()
        self.assertEqual(it.readinto(bytearray(0)), 0)
        self.assertLessEqual(gc.mem_alloc() - before, 256)

    def test_arguments(self):
        for args in ((), (b'\x00', 9), (b'\x00', 9, 9, 9), (1, 9, 9), (b'\x00', 9, None)):
            with self.assertRaises(TypeError):
                Inflater(*args)
        for bits in (7, 16):
            with self.assertRaises(ValueError):
                Inflater(b'\x00', 9, bits)
        it = Inflater(b'\x00', 9, 9)
        for buf in (b'abc', 'abc', 1, None):
            with self.assertRaises(TypeError):
                it.readinto(buf)
        with self.assertRaises(TypeError):
            Inflater.readinto(1, bytearray(9))
        with self.assertRaises(TypeError):
            Inflater.rewind(object())
