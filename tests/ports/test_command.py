"""The scripts in ports/ as commands."""

import os
import signal
import subprocess
import sys

import command
import pytest
from interpreters import LIB, ROOT

SCRIPTS = 'dist', 'site', 'stage', 'wheel'


def script(name, *words):
    """(exit code, the lines on stderr)."""
    words = [sys.executable, ROOT / 'ports' / f'{name}.py', *map(str, words)]
    done = subprocess.run(words, capture_output=True, text=True)
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize('name', SCRIPTS)
@pytest.mark.parametrize('words', [[], ['--no-such-option', 'a', 'b', 'c:d']])
def test_wrong_arguments(name, words):
    code, lines = script(name, *words)
    assert code == 2
    assert lines[0].startswith(f'usage: {name} ')
    assert len(lines) == 2


def test_a_file_is_missing(tmp_path):
    code, lines = script('stage', tmp_path / 'lib', tmp_path / 'none.mpy')
    assert code == 1
    assert lines == [f"stage: [Errno 2] No such file or directory: '{tmp_path}/none.mpy'"]
    assert not list(tmp_path.iterdir())
    code, lines = script('site', tmp_path / 'no', 'https://me.example/')
    assert (code, len(lines)) == (1, 1)
    (tmp_path / 'natmods' / 'x64').mkdir(parents=True)
    (tmp_path / 'natmods' / 'x64' / '_wscodec.mpy').write_bytes(b'no natmod')
    code, lines = script('dist', tmp_path / 'dist', tmp_path / 'natmods', 'unix:x64')
    assert (code, len(lines)) == (1, 1)
    assert lines[0].endswith('x64/_wscodec.mpy is no .mpy file')
    assert [path.name for path in tmp_path.iterdir()] == ['natmods']


def test_without_a_natmod(tmp_path):
    assert script('stage', tmp_path / 'lib') == (0, [])
    names = {path.relative_to(tmp_path / 'lib') for path in (tmp_path / 'lib').rglob('*.mpy')}
    staged = {path.relative_to(LIB) for path in LIB.rglob('*.mpy')}
    assert {str(path) for path in staged - names} == {'_wscodec.mpy', '_wsdeflate.mpy'}


def test_ctrl_c(monkeypatch):
    def function():
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(sys, 'argv', ['ports/stage.py'])
    with pytest.raises(SystemExit) as ended:
        command.run(function, command.parser('Does it:  stage.py'))
    assert ended.value.code == 130


def test_a_program_fails(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['ports/stage.py'])
    with pytest.raises(SystemExit) as ended:
        command.run(lambda: subprocess.run(['false'], check=True), command.parser('Does it'))
    assert ended.value.code == 'stage: false failed'
