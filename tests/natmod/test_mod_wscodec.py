"""The natmod as boards load it: arguments, and tasks that wait. How it receives and sends is in
test_mod_wscodec_receiving.py and so on. Runs on MicroPython only."""

import unittest

from _wscodec import Protocol
from arguments_contract import ArgumentsContract
from tasks_contract import TasksContract


class TestArguments(ArgumentsContract, unittest.TestCase):
    Protocol = Protocol


class TestTasks(TasksContract, unittest.TestCase):
    Protocol = Protocol
