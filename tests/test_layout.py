"""Every source file has its test file, at the same place under tests/."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Whose modules' tests stand in one folder, since a MicroPython finds them by name.
WITHOUT_FOLDERS = 'microdot_websocket', 'core', 'features'


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
        *(ROOT / 'tools').rglob('*.py'),
    ]:
        if has_code(path):
            yield path.relative_to(ROOT)


def test_file(source):
    stem = source.stem.strip('_')
    parts = [part for part in source.parts[:-1] if part not in WITHOUT_FOLDERS]
    if parts[-1] == 'transport':
        parts.pop()
        stem = 'transport' if stem == 'init' else f'transport_{stem}'
    elif stem == 'init' and source.parts[-2] != 'microdot_websocket':
        stem = source.parts[-2]
    if (
        stem in ('main', 'transport_cpython', 'transport_native') and 'cpython' not in parts
    ):  # CPython alone runs it
        parts.append('cpython')
    return Path('tests', *parts, f'test_{stem}.py')


test_file.__test__ = False  # not itself a test


def test_every_source_file_has_its_test_file():
    missing = [f'{s} -> {test_file(s)}' for s in sources() if not (ROOT / test_file(s)).exists()]
    assert not missing


# Where a lack of memory may come instead of what was raised.
TUPLES = {'websocket.py': 'open', 'features/deflate.py': 'readinto'}


def test_what_is_caught_takes_no_memory():
    """``except (A, B)`` makes a tuple: without memory it catches nothing, and a connection's end
    is lost. MicroPython does so; what runs on CPython alone may."""
    package = ROOT / 'python' / 'microdot_websocket'
    found = {}
    for path in package.rglob('*.py'):
        name = str(path.relative_to(package))
        if not name.startswith(('cli/', 'cpython/', 'transport/')):
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    for node in ast.walk(function):
                        if isinstance(getattr(node, 'type', None), ast.Tuple):
                            found[name] = function.name
    assert found == TUPLES


def test_there_are_sources():
    assert len(list(sources())) > 12


def test_the_pip_package_has_all_folders():
    named = re.findall(r'"(microdot_websocket[.\w]*)",', (ROOT / 'pyproject.toml').read_text())
    folders = {path.parent for path in sources() if path.parts[0] == 'python'}
    folders = {'.'.join(folder.parts[1:]) for folder in folders}
    assert folders == set(named)


def constants(path):
    """`_NAME = const(value)` at the top of a module: {name without underscores: value}."""
    return {
        node.targets[0].id.lstrip('_'): eval(ast.unparse(node.value.args[0]), {})
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, 'id', '') == 'const'
    }


def test_repeated_constants_have_one_value():
    package = ROOT / 'python' / 'microdot_websocket'
    known = constants(package / 'websocket.py')
    for name in 'frames', 'rules', 'sending':
        known |= constants(package / 'core' / f'{name}.py')
    repeated = 0
    for path in package.rglob('*.py'):
        for name, value in constants(path).items():
            if name in known:
                assert value == known[name], (path, name)
                repeated += path.name != 'frames.py'
    assert repeated > 15


def test_the_architecture_names_what_exists():
    text = (ROOT / 'docs' / 'architecture.md').read_text()
    roots = ROOT, ROOT / 'python' / 'microdot_websocket', ROOT / 'natmod'
    files = re.findall(r'`([\w/]+\.(?:py|c))`', text)
    assert len(files) > 40
    assert [it for it in files if not any((root / it).exists() for root in roots)] == []
    code = ''.join(path.read_text() for path in (ROOT / 'tests').rglob('*.py'))
    tests = re.findall(r'`(test_\w+)`', text)
    assert tests
    assert [it for it in tests if f'def {it}(' not in code] == []
