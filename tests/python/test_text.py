"""The twin's check of UTF-8."""

import unittest

from microdot_websocket.core.text import utf8
from utf8_contract import Utf8Contract


class TestUtf8(Utf8Contract, unittest.TestCase):
    utf8 = staticmethod(utf8)
