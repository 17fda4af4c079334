"""What takes the place of MicroPython's own, where it is not there."""

import builtins
import sys
import unittest

from microdot_websocket import platform


class Client:
    """What Microdot's TestClient has."""

    async def read(self, n):
        return b''

    async def awrite(self, data):
        pass


def printed(exc):
    """What print_exception() says."""
    lines = []
    saved = builtins.print
    builtins.print = lambda *args: lines.append(' '.join([str(arg) for arg in args]))
    try:
        platform.print_exception(exc)
    finally:
        builtins.print = saved
    return lines


class TestPlatform(unittest.TestCase):
    def test_no_natmod_is_no_fault(self):
        self.assertEqual(printed(ImportError('no module named _wscodec')), [])

    def test_one_that_cannot_be_used_is(self):
        for exc in (ValueError('incompatible .mpy file'), AttributeError('x'), MemoryError()):
            (line,) = printed(exc)
            self.assertIn('_wscodec.mpy cannot be used (%s); using the slower' % exc, line)

    def test_connecting(self):
        client = Client()
        kind, transport = platform.connect((client, client))
        self.assertEqual(type(transport).__name__, 'InProcessTransport')
        protocol = kind(transport, None, 512, 100, 0, 0, 0)
        self.assertEqual(protocol.event, 0)

    def test_the_event_loops_of_cpython(self):
        self.assertEqual(hasattr(platform, 'set'), sys.implementation.name == 'cpython')
