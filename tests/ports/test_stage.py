"""The tree that goes onto a board, as `make stage PORT=unix` lays it."""

import subprocess
from pathlib import Path

import microdot

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / 'build' / 'unix' / 'lib'


def modules(folder, suffix):
    return {path.stem for path in folder.glob('*' + suffix)}


def test_everything_is_there_and_compiled():
    assert modules(LIB, '.mpy') == {'_wscodec'}
    assert modules(LIB / 'microdot', '.mpy') == modules(Path(microdot.__file__).parent, '.py')
    package = modules(ROOT / 'python' / 'microdot_websocket', '.py') - {'__main__'}
    assert modules(LIB / 'microdot_websocket', '.mpy') == package
    assert {p.name for p in LIB.iterdir()} == {'microdot', 'microdot_websocket', '_wscodec.mpy'}
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


def micropython(code):
    result = subprocess.run(
        [ROOT / 'build' / 'bin' / 'micropython', '-c', code],
        env={'MICROPYPATH': f'{LIB}:.frozen'},
        capture_output=True,
        text=True,
    )
    return result.stdout + result.stderr


def test_it_is_enough():
    code = (
        'import microdot.websocket as w, microdot_websocket as m; '
        'print(m.codec.IMPL, w.WebSocket is m.WebSocket)'
    )
    assert micropython(code) == 'native True\n'


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
