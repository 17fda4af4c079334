"""How a run on a board ends: with what it printed, or in one line that says what is wrong."""

import os
import sys
import time

import pytest
import remote
from remote import Board, BoardError

HANGS = 'import time\ntime.sleep(60)\n'


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A Board whose mpremote is the code that a test writes into board.code."""
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    board = Board('/dev/none', 'BOARD')
    board.code = tmp_path / 'mpremote.py'
    return board


def reason(board, **options):
    with pytest.raises(BoardError) as info:
        board.mpremote('exec', '1', **options)
    return str(info.value)


def test_output(board):
    board.code.write_text('import sys\nprint(*sys.argv[1:])\n')
    assert board.mpremote('exec', '1') == 'connect /dev/none exec 1\n'
    code = "import main; main.main(*('native', ['test_x']))"
    assert board.run('main', 'native', ['test_x']) == f'connect /dev/none exec {code}\n'


def test_the_line_on_the_mount_is_no_output(board):
    board.code.write_text('print("Local directory is mounted\\nfirst\\nlast")\n')
    assert board.run('main', folder='lib') == 'first\nlast\n'


def test_failure(board):
    board.code.write_text('print("ValueError")\nraise SystemExit(1)\n')
    assert reason(board) == 'ValueError\nBOARD: mpremote ended with 1'


def test_hang(board):
    board.code.write_text(HANGS)
    assert reason(board, timeout=1) == 'BOARD: no end after 1 s'


def test_fault(board):
    board.code.write_text('print("HardFault exception caught:\\nR0: 1", flush=True)\n' + HANGS)
    started = time.monotonic()
    assert reason(board) == 'HardFault exception caught:\nR0: 1\nBOARD: its processor faulted'
    assert time.monotonic() - started < 30


def machine_error(tmp_path, monkeypatch, script):
    monkeypatch.setattr(remote, 'BUILD', tmp_path)
    monkeypatch.setenv('PATH', '')
    if script:
        program = tmp_path / 'bin' / 'qemu-system-arm'
        program.parent.mkdir()
        program.write_text(f'#!{sys.executable}\n{script}')
        program.chmod(0o755)
    with pytest.raises(BoardError) as info:
        with remote.qemu('MICROBIT', 'firmware.elf') as board:
            board.mpremote('exec', '1')
    return str(info.value)


def test_no_qemu(tmp_path, monkeypatch):
    error = machine_error(tmp_path, monkeypatch, None)
    assert error == 'MICROBIT: qemu-system-arm is missing: install QEMU'


def test_qemu_that_does_not_start(tmp_path, monkeypatch):
    script = 'print("char device redirected to /dev/none (label serial0)\\nno such file")\n'
    error = machine_error(tmp_path, monkeypatch, script)
    assert error.endswith('mpremote ended with 1\nQEMU: no such file')


def test_qemu_that_does_not_take_its_options(tmp_path, monkeypatch):
    error = machine_error(tmp_path, monkeypatch, 'print("no such machine")\n')
    assert error == 'QEMU does not start: no such machine'


def test_what_a_test_imports_comes_with_it():
    names = {path.stem for path in remote.with_imports(['test_websocket'])}
    assert {'test_websocket', 'unittest', 'memory_stream', 'frames'} < names
    assert 'microdot' not in names


def fake_node(tmp_path, monkeypatch, script):
    node = tmp_path / 'node'
    node.write_text('#!/bin/sh\n' + script)
    node.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:/usr/bin:/bin')


def test_what_a_node_has_started_ends_with_it(tmp_path, monkeypatch):
    fifo = tmp_path / 'fifo'
    os.mkfifo(fifo)
    fake_node(tmp_path, monkeypatch, f'sleep 60 > {fifo} &\necho emulator: socket://h:1\nwait\n')
    with remote.rp2040(tmp_path) as board:
        assert (board.device, board.name) == ('socket://h:1', 'RP2040')
        reader = open(fifo)
    with reader:
        assert reader.read() == ''  # nobody has it open for writing any more


def test_an_emulator_that_does_not_start(tmp_path, monkeypatch):
    fake_node(tmp_path, monkeypatch, 'echo emulator: rom.bin cannot be read: ENOENT\n')
    with pytest.raises(BoardError) as info:
        with remote.rp2040(tmp_path):
            pass
    assert str(info.value) == (
        'RP2040: the emulator does not start: emulator: rom.bin cannot be read: ENOENT'
    )
