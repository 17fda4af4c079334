"""The wheel and the sdist, after `make dist`."""

import subprocess
import sys
import tarfile
import zipfile

from interpreters import ROOT

DIST = ROOT / 'dist'
FILES = 'microdot_websocket/cli/board_files/'


def wheel():
    [path] = DIST.glob('*-py3-none-any.whl')
    return path


def board_files():
    """{path: bytes} of what it carries for boards."""
    with zipfile.ZipFile(wheel()) as archive:
        names = [name for name in archive.namelist() if name.startswith(FILES)]
        return {name[len(FILES) :]: archive.read(name) for name in names}


def test_the_wheel_carries_what_is_released_for_boards():
    carried = board_files()
    released = [*DIST.glob('lib/**/*.mpy'), *DIST.glob('*/_ws*.mpy')]
    assert len(released) > 50
    for path in released:
        assert carried[path.relative_to(DIST).as_posix()] == path.read_bytes(), path
    assert b'Miguel Grinberg' in carried['LICENSE.microdot']
    assert {name.split('/')[1] for name in carried if name.startswith('check/')} > {'main.mpy'}


def check(*words):
    done = subprocess.run(
        [sys.executable, '-m', *map(str, words)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_pypi_takes_both():
    check('twine', 'check', '--strict', wheel(), *DIST.glob('*.tar.gz'))


def test_the_wheel_holds_what_a_wheel_should():
    check('check_wheel_contents', wheel())


def test_the_wheel_is_small():
    assert wheel().stat().st_size < 400_000


def test_the_sdist_carries_them_too():
    [path] = DIST.glob('*.tar.gz')
    with tarfile.open(path) as archive:
        names = archive.getnames()
    root = path.name.removesuffix('.tar.gz')
    for name in board_files():
        assert f'{root}/python/{FILES}{name}' in names
    assert f'{root}/natmod/ws_protocol.c' in names


def test_the_wheel_carries_the_applications_of_new():
    folder = ROOT / 'python' / 'microdot_websocket' / 'cli' / 'apps'
    with zipfile.ZipFile(wheel()) as archive:
        for path in (*folder.glob('*.py'), *folder.glob('*.html')):
            assert archive.read(f'microdot_websocket/cli/apps/{path.name}') == path.read_bytes()
