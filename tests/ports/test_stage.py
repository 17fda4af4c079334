"""The tree that goes onto a board, as `make stage PORT=unix` lays it."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import microdot
import stage
from untyped import without_types

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / 'build' / 'unix' / 'lib'
PACKAGE = ROOT / 'python' / 'microdot_websocket'


def modules(folder, suffix):
    """Their paths in a folder, less the suffix."""
    return {path.relative_to(folder).with_suffix('') for path in folder.rglob('*' + suffix)}


def test_everything_is_there_and_compiled():
    assert {path.name for path in LIB.glob('*.mpy')} == {'_wscodec.mpy', '_wsdeflate.mpy'}
    assert modules(LIB / 'microdot', '.mpy') == modules(Path(microdot.__file__).parent, '.py')
    others = {'cpython', 'native', 'cli', '__main__'}
    package = {path for path in modules(PACKAGE, '.py') if others.isdisjoint(path.parts)}
    assert modules(LIB / 'microdot_websocket', '.mpy') == package
    folders = {'microdot', 'microdot_websocket'}
    assert {p.name for p in LIB.iterdir()} == {*folders, '_wscodec.mpy', '_wsdeflate.mpy'}
    # A .py would win over the .mpy beside it.
    assert {p.suffix for p in LIB.rglob('*') if p.is_file()} == {'.mpy'}


def test_the_drop_in_is_staged_over_microdots_own():
    drop_in = (LIB / 'microdot' / 'websocket.mpy').read_bytes()
    assert b'microdot_websocket' in drop_in


def test_no_path_of_this_machine_is_in_it():
    for path in LIB.rglob('*.mpy'):
        data = path.read_bytes()
        assert str(ROOT).encode() not in data
        assert b'site-packages' not in data


def test_nothing_relies_on_what_the_compiler_leaves_out():
    """-O3 drops assert statements, and with them what they do."""
    for _, path in stage.sources():
        tree = ast.parse(path.read_text())
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Assert)], path


def test_types_cost_nothing(tmp_path):
    package = [path for _, path in stage.sources() if PACKAGE in path.parents]
    for path in package:
        compiled = []
        for bare in False, True:
            tree = ast.parse(path.read_text())
            source, target = tmp_path / 'module.py', tmp_path / 'module.mpy'
            source.write_text(ast.unparse(without_types(tree) if bare else tree))
            stage.compile_module(source, path.name, target)
            compiled.append(target.read_bytes())
        assert compiled[0] == compiled[1], path
    assert len(package) > 25


def micropython(code, lib=LIB):
    result = subprocess.run(
        [ROOT / 'build' / 'bin' / 'micropython', '-c', code],
        env={'MICROPYPATH': f'{lib}:.frozen'},
        capture_output=True,
        text=True,
    )
    return result.stdout + result.stderr


def test_it_is_enough():
    code = (
        'import microdot.websocket as w, microdot_websocket as m; '
        'from microdot_websocket import codec; '
        'print(codec.IMPL, w.WebSocket is m.WebSocket)'
    )
    assert micropython(code) == 'native True\n'


FAULT = 'from microdot import Microdot; Microdot().run(port="no port")'


def test_tracebacks(tmp_path):
    """The module's name, which its import brings anyway; for debugging, its file and the line."""
    assert 'File "microdot", line 1, in start_server\n' in micropython(FAULT)
    lib = tmp_path / 'lib'
    shutil.copy(LIB / '_wscodec.mpy', tmp_path)
    stage.stage(lib, [tmp_path / '_wscodec.mpy'], debug=True)
    told = micropython(FAULT, lib)
    assert re.search(r'File "microdot/microdot.py", line \d{4}, in start_server\n', told)


def test_a_natmod_of_another_architecture(tmp_path):
    """The warning, in one line, and the twin."""
    data = bytearray((LIB / '_wscodec.mpy').read_bytes())
    data[2] = data[2] & 3 | 4 << 2  # armv6m (py/persistentcode.h)
    (tmp_path / '_wscodec.mpy').write_bytes(data)
    result = subprocess.run(
        [
            ROOT / 'build/bin/micropython',
            '-c',
            'from microdot_websocket import codec; print(codec.IMPL)',
        ],
        env={'MICROPYPATH': f'{tmp_path}:{LIB}:.frozen'},
        capture_output=True,
        text=True,
    )
    assert result.stdout == (
        'microdot_websocket: _wscodec.mpy cannot be used (incompatible .mpy arch); using the '
        'slower Python codec. This machine takes x64_6.3/_wscodec.mpy of the same release.\n'
        'python\n'
    )
    assert result.stderr == ''
