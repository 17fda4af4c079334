"""What the twin makes of what a peer sends."""

import unittest

from errors_contract import ErrorsContract
from messages_contract import MessagesContract
from microdot_websocket.core.twin import Protocol


class TestMessages(MessagesContract, unittest.TestCase):
    Protocol = Protocol


class TestErrors(ErrorsContract, unittest.TestCase):
    Protocol = Protocol
