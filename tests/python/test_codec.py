"""Which Protocol is picked, and what is said when a natmod cannot be used."""

import builtins
import sys
import unittest

import microdot_websocket
from microdot_websocket import codec

# What picks, and what it is told by.
MODULES = 'websocket', 'codec'


class Natmod:
    """A stand-in for what `import _wscodec` finds."""

    def __init__(self, version=codec.ABI, missing=None):
        for name, value in (('version', version), ('Protocol', 'Protocol'), ('utf8', 'utf8')):
            if name != missing:
                setattr(self, name, value)


class TestPicked(unittest.TestCase):
    def test_the_package_uses_what_it_says(self):
        self.assertIn(codec.IMPL, ('native', 'python'))
        self.assertIs(microdot_websocket.websocket.Protocol, codec.Protocol)
        if codec.IMPL == 'native':
            import _wscodec

            self.assertIs(codec.Protocol, _wscodec.Protocol)
            self.assertIs(codec.utf8, _wscodec.utf8)

    def test_utf8(self):
        self.assertEqual(codec.utf8('é'.encode(), 0, 2, 0), 0)
        self.assertEqual(codec.utf8('é'.encode(), 0, 1, 0), 1)
        self.assertTrue(codec.utf8(b'\xff', 0, 1, 0) < 0)


class TestImport(unittest.TestCase):
    def setUp(self):
        self.saved = {}
        for name in ('_wscodec',) + tuple(['microdot_websocket.' + name for name in MODULES]):
            if name in sys.modules:
                self.saved[name] = sys.modules.pop(name)
        self.printed = []

    def tearDown(self):
        sys.modules.pop('_wscodec', None)
        sys.modules.update(self.saved)
        for name in MODULES:
            setattr(microdot_websocket, name, sys.modules['microdot_websocket.' + name])

    def load(self, natmod):
        """codec.py run anew with `natmod` in the place of the natmod."""
        for name in MODULES:
            sys.modules.pop('microdot_websocket.' + name, None)
        sys.modules['_wscodec'] = natmod
        saved = builtins.print
        builtins.print = lambda *args: self.printed.append(' '.join([str(a) for a in args]))
        try:
            import microdot_websocket.codec  # noqa: F401

            return sys.modules['microdot_websocket.codec']
        finally:
            builtins.print = saved

    def check_twin(self, loaded):
        from microdot_websocket.core import twin, utf8

        self.assertEqual(loaded.IMPL, 'python')
        self.assertIs(loaded.Protocol, twin.Protocol)
        self.assertIs(loaded.utf8, utf8)

    def test_natmod(self):
        loaded = self.load(Natmod())
        self.assertEqual(loaded.IMPL, 'native')
        self.assertEqual((loaded.Protocol, loaded.utf8), ('Protocol', 'utf8'))
        self.assertEqual(self.printed, [])

    def test_demanding_the_twin(self):
        self.check_twin(self.load(None))
        self.assertEqual(self.printed, [])

    def test_another_version(self):
        self.check_twin(self.load(Natmod(version=codec.ABI + 1)))
        self.assertEqual(len(self.printed), 1)
        expected = 'its version is %d, not %d' % (codec.ABI + 1, codec.ABI)
        self.assertIn('_wscodec.mpy cannot be used (%s)' % expected, self.printed[0])
        self.assertIn('using the slower Python codec', self.printed[0])

    def test_a_name_is_missing(self):
        for name in ('version', 'Protocol'):
            self.check_twin(self.load(Natmod(missing=name)))
            self.assertEqual(len(self.printed), 1, name)
            self.printed.clear()
