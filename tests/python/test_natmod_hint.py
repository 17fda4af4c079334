"""The warning's hint: which file this machine takes."""

import sys
import unittest

from microdot_websocket import natmod_hint


class FakeSys:
    def __init__(self, **attributes):
        self.implementation = type('implementation', (), attributes)


class TestHint(unittest.TestCase):
    def hint(self, **attributes):
        natmod_hint.sys = FakeSys(**attributes)
        try:
            return natmod_hint.hint()
        finally:
            natmod_hint.sys = sys

    def test_architectures(self):
        for arch, name in (
            (2, 'x64'),
            (4, 'armv6m'),
            (6, 'armv7m'),
            (7, 'armv7emsp'),
            (10, 'xtensawin'),
            (11, 'rv32imc'),
        ):
            hint = self.hint(_mpy=arch << 10 | 3 << 8 | 6)
            self.assertIn(' %s_6.3/_wscodec.mpy' % name, hint)
        self.assertIn(' x64_6.3/', self.hint(_mpy=2822))  # what Debian's interpreter prints

    def test_flags_above_the_architecture(self):
        """RISC-V has them from MicroPython 1.27 on."""
        self.assertIn(' rv32imc_6.3/', self.hint(_mpy=0x32F06))  # an RP2350's
        self.assertIn(' armv6m_6.3/', self.hint(_mpy=0xFFFF << 16 | 4 << 10 | 3 << 8 | 6))

    def test_no_native_code(self):
        for attributes in ({}, {'_mpy': 0}, {'_mpy': 774}, {'_mpy': 15 << 10 | 774}):
            self.assertEqual(self.hint(**attributes), 'using the slower Python codec.')
