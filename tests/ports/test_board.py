"""What `make install` does before the tool; tests/boards has a board."""

import subprocess
import sys

import pytest
from board import choose, lay_out
from boards import ARMV6M, NONE, RV32IMC, XTENSAWIN, board
from interpreters import LIB, ROOT
from microdot_websocket.cli import Failed, files

ARCHS = 'armv6m', 'armv7m', 'armv7emsp', 'rv32imc', 'xtensawin'


@pytest.mark.parametrize(
    'mpy, archs, chosen',
    [
        (ARMV6M, ARCHS, 'armv6m'),
        (RV32IMC, ARCHS, 'rv32imc'),
        (XTENSAWIN, ARCHS, 'xtensawin'),
        (6 << 10 | 0x306, ARCHS, 'armv7m'),  # armv7em, of an MCU with a Cortex-M7
        (8 << 10 | 0x306, ['armv7m'], 'armv7m'),  # what was asked for, and not the best
        (NONE, ARCHS, 'none'),
    ],
)
def test_the_architecture_for_a_board(mpy, archs, chosen):
    assert choose(board(mpy=mpy), archs) == chosen


def test_a_port_that_is_not_the_boards():
    with pytest.raises(Failed) as failed:
        choose(board(), ['armv7emsp', 'rv32imc'])
    assert str(failed.value) == (
        'COM3: nothing was done: it loads armv6m, and what was asked for is armv7emsp, rv32imc: '
        'leave out PORT= and ARCH='
    )


def test_the_board_files_of_a_checkout(tmp_path):
    folder, check = tmp_path / 'board', tmp_path / 'check-board'
    check.mkdir()
    (check / 'main.mpy').write_bytes(b'M')
    lay_out(folder, check, LIB / '_wscodec.mpy')
    assert files.complete(folder) == folder
    assert list(files.natmods(folder)) == ['x64']
    assert 'microdot_websocket/websocket.mpy' in files.modules(folder)
    assert (folder / 'check' / 'main.mpy').exists()
    lay_out(folder, check)  # for a board without native code
    assert not files.natmods(folder)


def test_no_board():
    command = [sys.executable, ROOT / 'ports' / 'board.py', 'arch', 'socket://127.0.0.1:1']
    done = subprocess.run([*command, *ARCHS], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, '')
    assert done.stderr == 'board: socket://127.0.0.1:1: nothing answers there\n'
