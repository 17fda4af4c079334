import pytest
from boards import ARMV6M, NONE, RV32IMC, XTENSAWIN, board
from microdot_websocket.cli.board import answer, choose_natmod, reason_against

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
        ({'version': [1, 22, 2]}, 'its MicroPython 1.22.2 is too old: install 1.24 or newer'),
        ({'platform': 'esp8266'}, 'an ESP8266 has too little memory'),
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
