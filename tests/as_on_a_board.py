"""What a board runs, on CPython."""

import importlib.util
import sys
from types import SimpleNamespace
from unittest import mock


def as_on_a_board(module):
    """The module once more, imported as if this were MicroPython."""
    spec = importlib.util.spec_from_file_location(module.__name__, module.__file__)
    copy = importlib.util.module_from_spec(spec)
    ours = SimpleNamespace(**vars(sys.implementation))
    ours.name = 'micropython'
    with mock.patch.object(sys, 'implementation', ours):
        spec.loader.exec_module(copy)
    return copy
