"""How the natmod sends. Runs on MicroPython only."""

import unittest

from _wscodec import Protocol
from cork_contract import CorkContract
from sending_contract import SendingContract


class TestSending(SendingContract, unittest.TestCase):
    Protocol = Protocol


class TestCork(CorkContract, unittest.TestCase):
    Protocol = Protocol
