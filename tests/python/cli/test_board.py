import json

import pytest
from boards import ARMV6M, NONE, PICO, RV32IMC, XTENSAWIN, Mpremote, board
from microdot_websocket.cli import Failed
from microdot_websocket.cli.board import answer, ask, choose_natmod, mpremote, reason_against

ARCHS = 'armv6m', 'armv7m', 'armv7emsp', 'rv32imc', 'xtensawin'


def test_what_a_board_is():
    assert str(board()) == 'Raspberry Pi Pico W with RP2040, MicroPython 1.25.0, armv6m'


@pytest.mark.parametrize(
    'mpy, arch',
    [
        (ARMV6M, 'armv6m'),
        (RV32IMC, 'rv32imc'),
        (XTENSAWIN, 'xtensawin'),
        (6 << 10 | 0x306, 'armv7m'),  # armv7em, for which there is no file of its own
        (8 << 10 | 0x306, 'armv7emsp'),
    ],
)
def test_the_natmod_of_a_board(mpy, arch):
    assert choose_natmod(board(mpy=mpy), ARCHS) == (arch, '')


@pytest.mark.parametrize(
    'mpy, why',
    [
        (NONE, 'its firmware loads no native code'),
        (13 << 10 | 0x306, 'there is no native module for no. 13'),
        (4 << 10 | 0x206, 'its MicroPython 1.25.0 loads native code of ABI 6.2, not 6.3'),
    ],
)
def test_boards_for_the_python_codec(mpy, why):
    assert choose_natmod(board(mpy=mpy), ARCHS) == ('', why)
    assert not reason_against(board(mpy=mpy))


@pytest.mark.parametrize(
    'other, reason',
    [
        (
            {'python': 'circuitpython', 'version': [9, 2, 1]},
            'it runs CircuitPython 9.2.1: install MicroPython from https://',
        ),
        ({'block': 0}, 'its MicroPython 1.25.0 has no file system'),
        ({'version': [1, 22, 2]}, 'its MicroPython 1.22.2 is too old: install 1.24 or newer'),
        ({'machine': 'ESP module with ESP8266'}, 'it has 38 KiB of heap and 500 bytes for nat'),
        ({'mpy': 0}, 'was built without support for .mpy files'),
        ({'mpy': 0x1307}, 'loads .mpy files 7.3, and these are 6.3: pip install --upgrade'),
    ],
)
def test_boards_that_can_run_nothing(other, reason):
    assert reason in reason_against(board(**other))


def test_no_reason_against_a_good_board():
    assert reason_against(board()) == ''


def test_the_answer_is_found_behind_what_boot_py_prints():
    assert answer('Wi-Fi is up\nboard: {"a": 1}\n', 'board:') == {'a': 1}
    assert answer('>>> ', 'board:') is None


def test_an_esp8266_with_a_rom_partition_gets_the_python_codec():
    there = board(machine='ESP module with ESP8266', mpy=9 << 10 | 0x306)
    assert reason_against(there, in_rom=True) == ''
    assert choose_natmod(there, ['xtensa']) == ('', 'it has too little memory for native code')


def probed(monkeypatch, **others):
    said = {name: value for name, value in {**PICO, **others}.items() if name != 'device'}
    answers = {'probe.py': f'Hello from boot.py\nboard: {json.dumps(said)}\n'}
    monkeypatch.setattr(mpremote, 'call', Mpremote(**answers))


def test_ask(monkeypatch):
    probed(monkeypatch)
    assert ask('COM3') == board()
    probed(monkeypatch, version=[1, 20, 0])
    with pytest.raises(Failed, match='^COM3: nothing was done: its MicroPython 1.20.0 is too old'):
        ask('COM3')


def test_something_else_answers(monkeypatch):
    monkeypatch.setattr(mpremote, 'call', Mpremote())
    with pytest.raises(Failed, match='^COM3: what answers there is not MicroPython: see https://'):
        ask('COM3')
