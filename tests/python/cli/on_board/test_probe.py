"""What a board is asked, on MicroPython for this machine."""

import subprocess

from interpreters import ROOT
from microdot_websocket.cli.board import ON_BOARD, answer


def probe(lib, root):
    program = ROOT / 'build' / 'bin' / 'micropython'
    done = subprocess.run(
        [program, '-c', (ON_BOARD / 'probe.py').read_text()],
        env={'MICROPYPATH': f':.frozen:{lib}'},
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return answer(done.stdout, 'board:')


def test_probe(tmp_path):
    lib, root = tmp_path / 'lib', tmp_path / 'root'
    (lib / 'microdot').mkdir(parents=True)
    (lib / 'microdot' / 'microdot.mpy').write_bytes(b'abc')
    (lib / 'others.mpy').write_bytes(b'')
    root.mkdir()
    (root / 'microdot.py').write_text('')
    (root / 'main.py').write_text('')
    said = probe(lib, root)
    assert said['platform'] == 'linux'
    assert said['lib'] == str(lib)
    assert said['block'] > 0 and said['free'] > 0
    assert said['hiding'] == [f'{root}/microdot.py']
    assert said['files'] == {
        str(lib): None,
        f'{lib}/microdot': None,
        f'{lib}/microdot/microdot.mpy': [
            3,
            'ba7816bf8f01cfea',
        ],  # of abc, in FIPS 180
    }
