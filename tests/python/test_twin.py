"""The twin: arguments, and tasks that wait. How it receives and sends is in test_receiving.py and
test_sending.py."""

import unittest

from arguments_contract import ArgumentsContract
from microdot_websocket.core.twin import Protocol
from tasks_contract import TasksContract


class TestArguments(ArgumentsContract, unittest.TestCase):
    Protocol = Protocol


class TestTasks(TasksContract, unittest.TestCase):
    Protocol = Protocol
