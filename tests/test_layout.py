"""Every source file has its test file, at the same place under tests/."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def has_code(path):
    """Whether there is more than a docstring in it, or a list of what a firmware freezes."""
    if path.suffix != '.py':
        return True
    return path.name != 'manifest.py' and len(ast.parse(path.read_text()).body) > 1


def sources():
    package = ROOT / 'python' / 'microdot_websocket'
    for path in [
        *package.rglob('*.py'),
        *(ROOT / 'natmod').glob('*.c'),
        *(ROOT / 'ports').rglob('*.py'),
    ]:
        if has_code(path):
            yield path.relative_to(ROOT)


def test_file(source):
    name = f'test_{source.stem.strip("_")}.py'
    parts = [part for part in source.parts[:-1] if part != 'microdot_websocket']
    if name == 'test_main.py':  # python -m is for CPython
        parts.append('cpython')
    return Path('tests', *parts, name)


test_file.__test__ = False  # not itself a test


def test_every_source_file_has_its_test_file():
    missing = [f'{s} -> {test_file(s)}' for s in sources() if not (ROOT / test_file(s)).exists()]
    assert not missing


def test_there_are_sources():
    assert len(list(sources())) > 12


def constants(path):
    """`_NAME = const(value)` at the top of a module: {name without underscores: value}."""
    return {
        node.targets[0].id.lstrip('_'): ast.literal_eval(node.value.args[0])
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, 'id', '') == 'const'
    }


def test_repeated_constants_have_one_value():
    package = ROOT / 'python' / 'microdot_websocket'
    known = constants(package / 'websocket.py') | constants(package / 'protocol.py')
    repeated = 0
    for path in package.rglob('*.py'):
        for name, value in constants(path).items():
            if name in known:
                assert value == known[name], (path, name)
                repeated += path.name != 'protocol.py'
    assert repeated > 15
