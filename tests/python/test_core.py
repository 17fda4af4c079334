"""Masking, and the check of UTF-8, of the twin."""

import sys
import unittest

from capacity import fitting
from codec_vectors import unmasked as unmasked_by_hand
from frames import pattern
from microdot_websocket import core
from utf8_contract import Utf8Contract


class TestUnmask(unittest.TestCase):
    core = core

    def test_every_length_and_phase(self):
        key = b'\x01\x20\x83\xf4'
        lengths = list(range(40)) + [63, 64, 65, 125, 126, 127, 128, 129]
        data = pattern(lengths[-1] + 9)
        for start in range(5):
            for phase in range(5):
                for n in lengths:
                    stop = start + n
                    whole = (
                        data[:start] + unmasked_by_hand(data[start:stop], key, phase) + data[stop:]
                    )
                    for kind in (bytearray, lambda data: memoryview(bytearray(data))):
                        buf = kind(data)
                        self.core.unmask(buf, start, stop, key, phase)
                        self.assertEqual(bytes(buf), whole, (start, stop, phase))

    def test_large(self):
        for n in fitting(255, 256, 257, 511, 512, 513, 1025, 4096, 10007):
            buf = bytearray(pattern(n))
            self.core.unmask(buf, 0, n, b'abcd', 3)
            self.assertEqual(buf, unmasked_by_hand(pattern(n), b'abcd', 3))

    def test_in_pieces(self):
        whole = unmasked_by_hand(pattern(1103), b'wxyz', 0)
        for step in (1, 2, 3, 5, 7, 16, 300):
            buf = bytearray(pattern(1103))
            for start in range(0, len(buf), step):
                self.core.unmask(buf, start, min(start + step, len(buf)), b'wxyz', start)
            self.assertEqual(buf, whole, step)

    def test_what_a_memoryview_shows(self):
        """As it does of a buffer that is being read to: CPython then refuses to resize it."""
        for size in (1, 2, 3, 4, 5, 100, 5000):
            buf = bytearray(size)
            view = memoryview(buf)
            self.core.unmask(buf, 1, size, b'abcd', 0)
            self.assertEqual(bytes(view[:5]), b'\0abcd'[:size])


class TestUnmasked(unittest.TestCase):
    core = core

    def test_it(self):
        data = pattern(1500)
        for n in (0, 1, 2, 3, 4, 5, 125, 255, 256, 257, 512, 513, 1400):
            for start in (0, 3):
                got = self.core.unmasked(bytearray(data), start, start + n, b'abcd')
                self.assertEqual(bytes(got), unmasked_by_hand(data[start : start + n], b'abcd', 0))


class TestUtf8(Utf8Contract, unittest.TestCase):
    utf8 = staticmethod(core.utf8)


if sys.implementation.name == 'cpython':
    # It has faster functions in the places of those that a board runs.
    from as_on_a_board import as_on_a_board

    board = as_on_a_board(core)

    class TestUnmaskOfABoard(TestUnmask):
        core = board

    class TestUnmaskedOfABoard(TestUnmasked):
        core = board

    class TestUtf8OfABoard(Utf8Contract, unittest.TestCase):
        utf8 = staticmethod(board.utf8)
