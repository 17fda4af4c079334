"""What `make` says when something is missing or wrong: one clear line."""

import os
import shutil
import subprocess

import pytest
from interpreters import ROOT

MAKE = shutil.which('make')
# Of the make that runs these tests, and what its user gave it.
OUTER = 'MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'MICROPYTHON', 'MPY_DIR', 'PORT', 'PYTHON'


def make(*arguments, **env):
    """(exit code, output) of make; it gets no further than the fault that is tested."""
    outer = {name: value for name, value in os.environ.items() if name not in OUTER}
    process = subprocess.run(
        [MAKE, *arguments],
        cwd=ROOT,
        env={**outer, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return process.returncode, process.stdout


def check_fault(expected, *arguments, **env):
    code, output = make(*arguments, **env)
    assert code == 2
    own = [line for line in output.splitlines() if not line.startswith('make: ***')]
    assert own == [f'make: {expected}']


@pytest.fixture
def bare_path(tmp_path):
    """A PATH with the commands that a Makefile may take for granted, and no more."""
    for name in ('sh', 'sed', 'expand', 'mkdir', 'echo'):
        (tmp_path / name).symlink_to(shutil.which(name))
    return str(tmp_path)


def test_help_names_every_command():
    code, output = make()
    assert code == 0
    for target in ('run', 'test', 'lint', 'natmod', 'stage', 'clean'):
        assert f'  make {target} ' in output
    assert 'Ports (PORT=): unix' in output


def test_no_such_port():
    code, output = make('stage', 'PORT=esp99')
    assert code == 2
    assert output.startswith('Makefile:')
    assert "there is no port 'esp99'; PORT= is one of: " in output
    assert len(output.splitlines()) == 1


def test_no_compiler(bare_path):
    expected = 'gcc is missing: install a C compiler (Debian: apt-get install gcc)'
    check_fault(expected, 'natmod', PATH=bare_path)


def test_no_c_headers(bare_path, tmp_path):
    gcc = tmp_path / 'gcc'
    gcc.write_text('#!/bin/sh\nexit 1\n')
    gcc.chmod(0o755)
    expected = 'gcc finds no C headers: install them (Debian: apt-get install libc6-dev)'
    check_fault(expected, 'natmod', PATH=bare_path)


def test_no_python():
    expected = (
        'python99 is missing: install Python 3.9 or newer (Debian: apt-get install python3), '
        'or pass PYTHON='
    )
    check_fault(expected, '-W', 'pyproject.toml', 'build/venv/.ready', 'PYTHON=python99')


def test_no_micropython_source(tmp_path):
    expected = f'MPY_DIR={tmp_path} is no MicroPython source tree (it has no py/dynruntime.mk)'
    check_fault(expected, 'natmod', f'MPY_DIR={tmp_path}')


def test_no_interpreter():
    expected = '/no/such/micropython is missing: MICROPYTHON= must name a MicroPython interpreter'
    check_fault(expected, 'build/bin/micropython', 'MICROPYTHON=/no/such/micropython')
