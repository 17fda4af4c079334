"""How the natmod receives. Runs on MicroPython only."""

import unittest

from _wscodec import Protocol
from buffers_contract import BuffersContract
from reading_contract import ReadingContract


class TestBuffers(BuffersContract, unittest.TestCase):
    Protocol = Protocol


class TestReading(ReadingContract, unittest.TestCase):
    Protocol = Protocol
