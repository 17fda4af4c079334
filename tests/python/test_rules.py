"""What the twin makes of what a peer sends, and what a Close says of it."""

import unittest

from errors_contract import ErrorsContract
from messages_contract import MessagesContract
from microdot_websocket.core.rules import error, is_close_code
from microdot_websocket.core.twin import Protocol


class TestMessages(MessagesContract, unittest.TestCase):
    Protocol = Protocol


class TestErrors(ErrorsContract, unittest.TestCase):
    Protocol = Protocol


class TestClose(unittest.TestCase):
    def test_close_codes(self):
        good = [1000, 1001, 1002, 1003, 3000, 4999] + list(range(1007, 1015))
        for code in [0, 999, 2999, 3000, 4999, 5000, 65535, -1, 70000] + list(range(1000, 1020)):
            self.assertEqual(bool(is_close_code(code)), code in good, code)

    def test_what_a_close_says_may_be_sent(self):
        reasons = set()
        for event in range(-21, -9):
            code, reason = error(event)
            self.assertTrue(is_close_code(code))
            self.assertTrue(0 < len(reason.encode()) <= 123)
            reasons.add(reason)
        self.assertEqual(len(reasons), 12)
        self.assertEqual(error(-21), (1009, 'out of memory'))
        self.assertEqual(error(-10), (1002, 'RSV bits set'))
