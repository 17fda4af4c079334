"""ports/board.py with a board that a stand-in for mpremote knows; tests/boards has a real one."""

import os
import subprocess
import sys

import pytest
from board import Board, choose, reason_against
from interpreters import LIB, ROOT
from microdot_websocket.cli.natmod_file import Natmod

PORTS = (
    'esp32:esp32:xtensawin',
    'esp32c3:esp32:rv32imc',
    'rp2:rp2:armv6m',
    'rp2350:rp2:armv7emsp,rv32imc',
    'stm32:pyboard:armv7m,armv7emsp,armv7emdp',
)
ARMV6M = Natmod('armv6m', '6.3', 1472, 1380, 0)


def board(platform, arch, abi='6.3', version=(1, 25)):
    return Board(platform, arch, abi, version)


@pytest.mark.parametrize(
    'platform, arch, chosen',
    [
        ('rp2', 'armv6m', 'PORT=rp2 ARCH=armv6m'),
        ('rp2', 'armv7emsp', 'PORT=rp2350 ARCH=armv7emsp'),
        ('rp2', 'rv32imc', 'PORT=rp2350 ARCH=rv32imc'),
        ('esp32', 'rv32imc', 'PORT=esp32c3 ARCH=rv32imc'),
        ('pyboard', 'armv7emdp', 'PORT=stm32 ARCH=armv7emdp'),
        ('samd', 'armv6m', 'PORT=rp2 ARCH=armv6m'),
        ('mimxrt', 'armv7em', 'PORT=stm32 ARCH=armv7m'),
        ('esp8266', 'xtensa', ''),
        ('windows', 'none', ''),
    ],
)
def test_the_port_of_a_board(platform, arch, chosen):
    assert choose(board(platform, arch), PORTS) == chosen


@pytest.mark.parametrize('arch', ['armv6m', 'armv7m', 'armv7emdp'])
def test_a_board_that_fits(arch):
    assert reason_against(board('rp2', arch), 'rp2', ARMV6M) == ''


@pytest.mark.parametrize(
    'other, reason',
    [
        (board('esp32', 'xtensawin'), 'it loads xtensawin, and PORT=rp2 is armv6m; use PORT=auto'),
        (
            board('rp2', 'armv6m', '6.2', (1, 22)),
            'its MicroPython 1.22 loads .mpy 6.2, and this natmod needs 6.3 and MicroPython 1.24 '
            'or newer; update the firmware',
        ),
        (
            board('rp2', 'none', '6.3'),
            'its MicroPython 1.25 loads no native modules; the Python codec does without '
            '(mpremote cp -r dist/lib :)',
        ),
    ],
)
def test_a_board_that_does_not_fit(other, reason):
    assert reason_against(other, 'rp2', ARMV6M) == reason


@pytest.fixture
def run(tmp_path):
    """board.py with an mpremote that logs what it is asked and answers as an x64 board."""
    log = tmp_path / 'log'
    (tmp_path / 'mpremote.py').write_text(
        'import sys\n'
        f"open({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        "if sys.argv[2] == 'nowhere': sys.exit('mpremote: no device found')\n"
        "if sys.argv[3] == 'exec': print('board: linux', 0xB06, 1, 25)\n"
    )

    def run(*words):
        command = [sys.executable, ROOT / 'ports' / 'board.py', *words]
        env = {**os.environ, 'PYTHONPATH': str(tmp_path)}
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        return done, log.read_text().splitlines()

    return run


def test_choose(run):
    done, _ = run('choose', 'a0', *PORTS, 'unix:linux:x64,x86')
    assert done.stdout == 'PORT=unix ARCH=x64\n'


def test_choose_for_an_unknown_board(run):
    done, _ = run('choose', 'a0', *PORTS)
    assert (done.returncode, done.stderr) == (1, 'board: no port has files for x64 (linux)\n')


def test_install(run):
    done, asked = run('install', 'a0', 'unix', str(LIB))
    assert done.returncode == 0
    assert asked[0].startswith('connect a0 exec import sys')
    assert asked[1:] == [f'connect a0 fs cp -r {LIB} :']
    assert done.stdout == 'Installed. To try it: make check-board DEVICE=a0\n'


def test_nothing_is_copied_to_a_board_that_does_not_fit(run, tmp_path):
    content = (LIB / '_wscodec.mpy').read_bytes()
    (tmp_path / '_wscodec.mpy').write_bytes(content[:2] + b'\x13' + content[3:])
    done, asked = run('install', 'a0', 'rp2', str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == (
        'board: nothing was copied: it loads x64, and PORT=rp2 is armv6m; use PORT=auto\n'
    )
    assert len(asked) == 1


def test_no_board(run):
    done, asked = run('install', 'nowhere', 'unix', str(LIB))
    assert done.returncode == 1
    assert done.stderr == 'board: mpremote: no device found (DEVICE=nowhere)\n'
    assert len(asked) == 1


def test_mount_needs_an_application(run):
    done = subprocess.run(
        [sys.executable, ROOT / 'ports' / 'board.py', 'mount', 'a0', 'unix', str(LIB), ''],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == (
        'board: APP= is no file: name the application to run (APP=examples/echo.py)\n'
    )


def test_mount(run, tmp_path):
    lib = tmp_path / 'lib'
    lib.symlink_to(LIB)
    app = tmp_path / 'app'
    app.mkdir()
    for name in 'app.py', 'page.html':
        (app / name).write_text('')
    done, asked = run('mount', 'a0', 'unix', str(lib), str(app / 'app.py'))
    assert done.returncode == 0, done.stderr
    folder = tmp_path / 'mount'
    assert asked[1] == f'connect a0 mount --unsafe-links {folder} run {app}/app.py'
    names = sorted(path.name for path in folder.iterdir())
    assert names == ['_wscodec.mpy', 'app.py', 'microdot', 'microdot_websocket', 'page.html']
