"""The C core, with the tests that run it through ctypes, under its sanitizer."""

import subprocess
import sys

FILES = 'ws_core.c', 'ws_protocol.c'


class Suite:
    def __init__(self, tree):
        self.natmod = tree / 'natmod'
        self.objects = {self.compiled(path) for path in self.sources()}
        tests = sorted(tree.glob('tests/natmod/test_ws_*.py'))
        self.options = ['-k', 'not twin', *(str(path) for path in tests)]
        command = [sys.executable, '-m', 'pytest', '-q', '--no-header', *self.options]
        subprocess.run(command, cwd=tree, check=True)  # or no mutant would survive

    def sources(self):
        return [self.natmod / name for name in FILES]

    def compiled(self, path):
        """The machine code of a file; None if it does not compile."""
        out = path.with_suffix('.o')
        command = ['gcc', '-std=c99', '-O2', '-w', '-c', '-o', out, path]
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
            return None
        return out.read_bytes()

    def counts(self, mutant):
        """Not one that does not compile, or to what was there before."""
        original = mutant.path.read_text()
        mutant.path.write_text(mutant.text)
        machine_code = self.compiled(mutant.path)
        mutant.path.write_text(original)
        return machine_code is not None and machine_code not in self.objects

    def tests(self, mutant):
        """The arguments of pytest."""
        return self.options
