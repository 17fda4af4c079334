"""Which codec is picked, and what is said when a natmod cannot be used."""

import sys
import unittest

from codec_contract import CodecContract
from microdot_websocket import _pycodec, codec

NAMES = ('parse_header', 'unmask', 'utf8', 'extract', 'freeze')


class TestPicked(CodecContract, unittest.TestCase):
    """The contract once more, through the seam that the package uses."""

    codec = codec


class Natmod:
    """A stand-in for what `import _wscodec` finds."""

    def __init__(self, abi=codec.ABI, missing=None):
        self.ABI = abi
        for name in NAMES:
            if name != missing:
                setattr(self, name, name)


class TestImport(unittest.TestCase):
    def setUp(self):
        self.saved = {}
        for name in ('_wscodec', 'microdot_websocket.codec'):
            if name in sys.modules:
                self.saved[name] = sys.modules.pop(name)
        import builtins

        self.printed = []
        self.builtins = builtins

    def tearDown(self):
        for name in ('_wscodec', 'microdot_websocket.codec'):
            sys.modules.pop(name, None)
        sys.modules.update(self.saved)
        import microdot_websocket

        microdot_websocket.codec = codec

    def load(self, natmod):
        """codec.py run anew with `natmod` in the place of the natmod."""
        sys.modules['_wscodec'] = natmod
        saved = self.builtins.print
        self.builtins.print = lambda *args: self.printed.append(' '.join([str(a) for a in args]))
        try:
            import microdot_websocket.codec  # noqa: F401

            return sys.modules['microdot_websocket.codec']
        finally:
            self.builtins.print = saved

    def check_twin(self, loaded):
        self.assertEqual(loaded.IMPL, 'python')
        for name in NAMES:
            self.assertIs(getattr(loaded, name), getattr(_pycodec, name))

    def test_natmod(self):
        loaded = self.load(Natmod())
        self.assertEqual(loaded.IMPL, 'native')
        self.assertEqual([getattr(loaded, name) for name in NAMES], list(NAMES))
        self.assertEqual(self.printed, [])

    def test_demanding_the_twin(self):
        self.check_twin(self.load(None))
        self.assertEqual(self.printed, [])

    def test_another_abi(self):
        self.check_twin(self.load(Natmod(abi=codec.ABI + 1)))
        self.assertEqual(len(self.printed), 1)
        expected = 'its ABI is %d, not %d' % (codec.ABI + 1, codec.ABI)
        self.assertIn('_wscodec.mpy cannot be used (%s)' % expected, self.printed[0])

    def test_a_name_is_missing(self):
        for name in ('ABI',) + NAMES:
            natmod = Natmod(missing=name)
            if name == 'ABI':
                del natmod.ABI
            self.tearDown()
            self.setUp()
            self.check_twin(self.load(natmod))
            self.assertEqual(len(self.printed), 1)

    def test_abi_of_the_twin(self):
        self.assertEqual(_pycodec.ABI, codec.ABI)
