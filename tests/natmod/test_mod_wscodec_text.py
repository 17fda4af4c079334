"""The natmod's check of UTF-8. Runs on MicroPython only."""

import unittest

from _wscodec import utf8
from heap import assert_allocates_nothing
from utf8_contract import Utf8Contract


class TestUtf8(Utf8Contract, unittest.TestCase):
    utf8 = staticmethod(utf8)

    def test_it_takes_no_memory(self):
        buf = bytearray(300)
        assert_allocates_nothing(utf8, buf, 0, 300, 0)
        assert_allocates_nothing(utf8, b'\xff', 0, 1, 0)
