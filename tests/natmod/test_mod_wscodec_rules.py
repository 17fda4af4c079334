"""What the natmod makes of what a peer sends. Runs on MicroPython only."""

import unittest

from _wscodec import Protocol
from errors_contract import ErrorsContract
from messages_contract import MessagesContract


class TestMessages(MessagesContract, unittest.TestCase):
    Protocol = Protocol


class TestErrors(ErrorsContract, unittest.TestCase):
    Protocol = Protocol
