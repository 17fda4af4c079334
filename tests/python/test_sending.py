"""How the twin sends."""

import unittest

from cork_contract import CorkContract
from frames import BINARY, CONT, PING, TEXT, header
from microdot_websocket.core.sending import write_header
from microdot_websocket.core.twin import Protocol
from sending_contract import SendingContract


class TestSending(SendingContract, unittest.TestCase):
    Protocol = Protocol


class TestCork(CorkContract, unittest.TestCase):
    Protocol = Protocol


class TestHeader(unittest.TestCase):
    def test_it(self):
        for length in (0, 1, 125, 126, 65535, 65536, 0x3FFFFFFF):
            for first in (0x80 | BINARY, CONT, 0xC0 | TEXT, 0x80 | PING):
                expected = bytes([first]) + header(BINARY, length, key=None)[1:]
                self.assertEqual(write_header(first, length, b''), expected)
                expected = bytes([first]) + header(BINARY, length, key=b'abcd')[1:]
                self.assertEqual(write_header(first, length, b'abcd'), expected)
