"""The twin: its arguments, its buffers, and tasks that wait. See test_twin.py, too: a board has no
memory for both."""

import unittest

from arguments_contract import ArgumentsContract
from buffers_contract import BuffersContract
from microdot_websocket.core.twin import Protocol
from tasks_contract import TasksContract


class TestArguments(ArgumentsContract, unittest.TestCase):
    Protocol = Protocol


class TestTasks(TasksContract, unittest.TestCase):
    Protocol = Protocol


class TestBuffers(BuffersContract, unittest.TestCase):
    Protocol = Protocol
