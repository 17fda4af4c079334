"""The natmod as boards load it. Runs on MicroPython only."""

import unittest

import _wscodec
from codec_contract import CodecContract
from heap import assert_allocates_nothing
from microdot_websocket import _pycodec


class TestNatmod(CodecContract, unittest.TestCase):
    codec = _wscodec

    def test_calls_allocate_nothing(self):
        buf = bytearray(300)
        view = memoryview(buf)[1:290]
        hdr = self.new_hdr()
        key = b'abcd'
        data = b'\x82\xfe\x01\x02abcd'
        for call, args in (
            (_wscodec.parse_header, (data, 0, 8, hdr)),
            (_wscodec.parse_header, (data, 0, 7, hdr)),
            (_wscodec.unmask, (buf, 1, 299, key, 3)),
            (_wscodec.unmask, (view, 0, 0, key, 0)),
            (_wscodec.unmask, (view, 3, 280, key, 1)),
            (_wscodec.utf8, (buf, 0, 300, 0)),
            (_wscodec.utf8, (b'\xff', 0, 1, 0)),
        ):
            assert_allocates_nothing(call, *args)
        # The twin's big ints do: so the check can fail.
        with self.assertRaises(MemoryError):
            assert_allocates_nothing(_pycodec.unmask, buf, 0, 299, key, 0)

    def test_extract_without_memory(self):
        for text in (False, True):
            with self.assertRaises(MemoryError):
                assert_allocates_nothing(_wscodec.extract, bytearray(100), 0, 100, b'abcd', text)
