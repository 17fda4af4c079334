"""The package, with its tests on CPython: of each mutant only those that run the line."""

import ast
import json
import os
import subprocess
import sys

import coverage
from untyped import without_types

MEASURED = 'tests/python', 'tests/natmod'
# Types, and nothing that runs; the command, whose files are not measured either.
IGNORED = 'tests/python/cpython/test_stubs.py', 'tests/python/cli'
UNMEASURED = '*/features/deflate.py', '*/cli/*.py', '*/cli/on_board/*.py'  # tests/coverage.ini
PLUGIN = 'mutants.lines'


def meaning(text):
    """A program without what does nothing: types, docstrings and `pass`."""
    tree = without_types(ast.parse(text))
    for node in ast.walk(tree):
        if isinstance(getattr(node, 'body', None), list):
            node.body = [statement for statement in node.body if not is_idle(statement)]
    return ast.dump(tree)


def is_idle(statement):
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_text or isinstance(statement, ast.Pass)


class Suite:
    def __init__(self, tree):
        self.tree = tree
        self.package = tree / 'python' / 'microdot_websocket'
        folder = tree / 'build' / 'test' / 'coverage'
        folder.mkdir(parents=True)
        seconds = folder / 'seconds.json'
        config = tree / 'tests' / 'coverage.ini'
        run = [sys.executable, '-m', 'coverage', 'run', f'--rcfile={config}', '-m', 'pytest']
        run += ['-q', '--no-header', '-p', PLUGIN, '--ignore-glob=*/test_mod*']
        run += [f'--ignore={path}' for path in IGNORED]
        run += ['--ignore-glob=*/test_usermod*', '--ignore-glob=*/test_xtensa*', *MEASURED]
        paths = f'{tree / "python"}:{tree / "tests"}'
        env = {**os.environ, 'PYTHONPATH': paths, 'MUTANTS_SECONDS': str(seconds)}
        subprocess.run(run, cwd=tree, env=env, check=True)  # or no mutant would survive
        self.seconds = json.loads(seconds.read_text())
        self.coverage = coverage.Coverage(str(folder / 'data'), config_file=str(config))
        self.coverage.combine([str(folder)])
        self.contexts = {}  # by file, and line
        self.excluded = {}
        for path in self.sources():
            self.contexts[path] = self.coverage.get_data().contexts_by_lineno(str(path))
            self.excluded[path] = self.coverage.analysis2(str(path))[2]

    def sources(self):
        paths = sorted(self.package.rglob('*.py'))
        return [path for path in paths if not any(map(path.match, UNMEASURED))]

    def counts(self, mutant):
        """Not one that is no Python, or the same, or of what runs on MicroPython alone."""
        try:
            changes = meaning(mutant.text) != meaning(mutant.path.read_text())
        except SyntaxError:
            return False
        return changes and mutant.line not in self.excluded[mutant.path]

    def tests(self, mutant):
        """The arguments of pytest, the fastest tests first."""
        lines = self.contexts[mutant.path]
        tests = lines.get(mutant.line, [''])
        if '' in tests:  # it runs at the import: any test of the module may notice
            tests = {test for tests in lines.values() for test in tests} - {''}
        if not tests:  # it runs in a process of its own
            tests = {test for test in self.seconds if '/cpython/' in test}
        return sorted(tests, key=self.seconds.get)
