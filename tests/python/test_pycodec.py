"""The Python twin, by its own name: whatever codec.py picked."""

import unittest

from codec_contract import CodecContract
from microdot_websocket import _pycodec


class TestTwin(CodecContract, unittest.TestCase):
    codec = _pycodec
