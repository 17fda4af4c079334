"""How the twin sends."""

import unittest

from cork_contract import CorkContract
from microdot_websocket.core.twin import Protocol
from sending_contract import SendingContract


class TestSending(SendingContract, unittest.TestCase):
    Protocol = Protocol


class TestCork(CorkContract, unittest.TestCase):
    Protocol = Protocol
