"""How the natmod receives. Runs on MicroPython only."""

import unittest

from _wscodec import Protocol
from buffers_contract import BuffersContract
from reading_contract import ReadingContract
from shared_contract import SharedContract, UnreadContract


class TestBuffers(BuffersContract, unittest.TestCase):
    Protocol = Protocol


class TestReading(ReadingContract, unittest.TestCase):
    Protocol = Protocol


class TestShared(SharedContract, unittest.TestCase):
    Protocol = Protocol


class TestUnread(UnreadContract, unittest.TestCase):
    Protocol = Protocol
