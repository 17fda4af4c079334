"""What `make` says when something is missing or wrong: one clear line."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from interpreters import ROOT

MAKE = shutil.which('make')
# Of the make that runs these tests, and what its user gave it.
OUTER = 'CODEC', 'MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'MICROPYTHON', 'MPY_DIR', 'PORT', 'PYTHON'


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
    for target in ('run', 'test', 'autobahn', 'lint', 'natmod', 'stage', 'dist', 'clean'):
        assert f'  make {target} ' in output
    assert 'Ports (PORT=): ' in output
    assert ' rp2 ' in output


def test_no_such_port():
    code, output = make('stage', 'PORT=esp99')
    assert code == 2
    assert output.startswith('Makefile:')
    assert "there is no port 'esp99'; PORT= is one of: " in output
    assert len(output.splitlines()) == 1


AUTOBAHN = '-o', 'build/bin/python2.7', '-W', 'tests/autobahn/requirements.txt'


@pytest.mark.parametrize('goal', [['natmod'], [*AUTOBAHN, 'build/tools/autobahn/.ready']])
def test_no_compiler(goal, bare_path):
    expected = 'gcc is missing: install a C compiler (Debian: apt-get install gcc)'
    check_fault(expected, *goal, PATH=bare_path)


def test_no_c_headers(bare_path, tmp_path):
    gcc = tmp_path / 'gcc'
    gcc.write_text('#!/bin/sh\nexit 1\n')
    gcc.chmod(0o755)
    expected = 'gcc finds no C headers: install them (Debian: apt-get install libc6-dev)'
    check_fault(expected, 'natmod', PATH=bare_path)


def test_the_demo_wants_a_compiler_for_the_native_codec_only(bare_path):
    expected = 'gcc is missing: install a C compiler (Debian: apt-get install gcc)'
    check_fault(expected, 'run', f'PYTHON={sys.executable}', PATH=bare_path)
    code, output = make('-n', 'run', 'CODEC=python')
    assert code == 0, output
    assert 'gcc' not in re.sub('libgcc-s1', '', output)
    assert 'MICROPYPATH=build/python/lib:' in output


def test_the_demo_in_a_folder_with_a_space(tmp_path):
    folder = tmp_path / 'my folder'
    folder.mkdir()
    for name in ('Makefile', 'natmod', 'ports', 'tests', 'tools'):
        (folder / name).symlink_to(ROOT / name)
    words = [MAKE, 'run', 'CODEC=python', f'PYTHON={sys.executable}']
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.stdout == ''
    said = f'make: make takes no space in a path: move this folder to another than {folder}'
    assert done.stderr.splitlines()[0] == said
    assert not (folder / 'build').exists()


def test_the_demo_on_arm64(tmp_path):
    """tests/tools/test_machine.py has what the native codec says there."""
    (tmp_path / 'uname').write_text('#!/bin/sh\necho aarch64\n')
    (tmp_path / 'uname').chmod(0o755)
    path = f'{tmp_path}:{os.environ["PATH"]}'
    code, output = make('-n', 'run', 'CODEC=python', PATH=path)
    assert code == 0, output
    assert ' --arch arm64 --into build/debian/micropython ' in output


def test_no_such_codec():
    check_fault('CODEC=c is not a codec; type CODEC=native or CODEC=python', 'run', 'CODEC=c')


def test_no_python():
    expected = (
        'python99 is missing: install Python 3.9 or newer (Debian: apt-get install python3), '
        'or pass PYTHON='
    )
    check_fault(expected, '-W', 'pyproject.toml', 'build/venv/.ready', 'PYTHON=python99')


def test_no_venv_and_no_way_to_get_pip(bare_path, tmp_path):
    bare = tmp_path / 'python'  # as Debian has it without python3-venv
    bare.write_text(f'#!/bin/sh\ncase $2 in *ensurepip) exit 1; esac; exec {sys.executable} "$@"\n')
    bare.chmod(0o755)
    goal = '-W', 'pyproject.toml', 'build/venv/.ready'
    code, output = make(*goal, f'PYTHON={bare}', PATH=bare_path)
    assert code == 2
    own = [line for line in output.splitlines() if not line.startswith(('make: ***', 'venv: '))]
    assert len(own) == 1
    assert own[0].endswith(
        f'install the venv module of {bare} (Debian: apt-get install python3-venv)'
    )
    assert (ROOT / 'build' / 'venv' / 'bin' / 'python').exists()


def test_no_micropython_source(tmp_path):
    expected = f'MPY_DIR={tmp_path} is no MicroPython source tree (it has no py/dynruntime.mk)'
    check_fault(expected, 'natmod', f'MPY_DIR={tmp_path}')


@pytest.mark.parametrize('arch', ['armv6m', 'rv32imc', 'xtensa', 'xtensawin'])
def test_no_cross_compiler(arch, bare_path, tmp_path):
    """Where there is no compiler, nor an apt to get one with."""
    arguments = f'ARCH={arch}', f'TOOLS={tmp_path}/tools', f'PYTHON={sys.executable}'
    code, output = make('toolchain', *arguments, PATH=bare_path)
    assert code == 2
    own = [line for line in output.splitlines() if not line.startswith('make: ***')]
    assert len(own) == 1
    assert re.search(
        'this is not a Debian .*; install [a-z0-9-]+-gcc, so that it is on PATH$', own[0]
    )


def test_no_clang(bare_path, tmp_path):
    (tmp_path / 'gcc').symlink_to(shutil.which('gcc'))
    arguments = '-W', 'tests/fuzz/clang.sh', f'TOOLS={tmp_path}/tools', f'PYTHON={sys.executable}'
    code, output = make(*arguments, 'build/bin/clang', PATH=bare_path)
    assert code == 2
    own = [line for line in output.splitlines() if not line.startswith('make: ***')]
    assert len(own) == 1
    assert re.search('this is not a Debian .*; install clang, so that it is on PATH$', own[0])


def test_modules_to_be_tested_are_not_to_be_built(tmp_path):
    """`make test MODULES=` makes the native modules first."""
    code, output = make('natmod', 'ARCH=x64', 'MODULES=test_codec', f'NATMODS={tmp_path}')
    assert code == 0, output
    made = [path.name for path in (tmp_path / 'x64').glob('*.mpy')]
    assert sorted(made) == ['_wscodec.mpy', '_wsdeflate.mpy']


def test_x86_is_asked_for():
    """MicroPython 1.29 leaves -m32 to whoever has no compiler named i686-linux-gnu-gcc."""
    # It ends where make -n would go on in a folder that is not made.
    _, output = make('-n', 'natmod', 'ARCH=x86')
    assert "CFLAGS_EXTRA='-m32 " in output


def test_no_such_architecture():
    code, output = make('natmod', 'ARCH=z80')
    assert code == 2
    assert "there is no architecture 'z80'; ARCH= is one of: armv6m" in output
    assert len(output.splitlines()) == 1


@pytest.fixture
def other_abi(tmp_path):
    """A MicroPython source tree with another .mpy ABI."""
    source = ROOT / 'build' / 'micropython'
    for path in source.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / 'py').unlink()
    (tmp_path / 'py').mkdir()
    for path in (source / 'py').iterdir():
        (tmp_path / 'py' / path.name).symlink_to(path)
    header = tmp_path / 'py' / 'persistentcode.h'
    text = header.read_text()
    header.unlink()
    header.write_text(re.sub(r'(MPY_SUB_VERSION) +\d', r'\1 2', text))
    return tmp_path


def test_a_source_tree_of_another_abi(other_abi):
    code, output = make('-n', 'natmod', f'MPY_DIR={other_abi}')
    assert code == 0, output
    command = next(line for line in output.splitlines() if line.startswith('abi='))
    done = subprocess.run(['sh', '-c', command], capture_output=True, text=True)
    assert done.stderr == (
        f'make: warning: MPY_DIR={other_abi} has the .mpy ABI 6.2, not 6.3: '
        'natmods need MicroPython 1.24 to 1.29\n'
    )


def test_an_interpreter_of_another_abi(tmp_path):
    old = tmp_path / 'old'
    old.write_text('#!/bin/sh\necho 6.2\n')
    old.chmod(0o755)
    goal = tmp_path / 'micropython'
    code, output = make(f'INTERPRETER={goal}', goal, f'MICROPYTHON={old}')
    assert code == 0, output
    assert output == (
        f'make: warning: MICROPYTHON={old} has the .mpy ABI 6.2, not 6.3: '
        'natmods need MicroPython 1.24 to 1.29\n'
    )
    assert os.access(goal, os.X_OK)


def test_no_interpreter():
    expected = '/no/such/micropython is missing: MICROPYTHON= must name a MicroPython interpreter'
    check_fault(expected, 'build/bin/micropython', 'MICROPYTHON=/no/such/micropython')
