import pytest
from interpreters import LIB
from microdot_websocket.cli.natmod_file import ARCHS, decode_mpy, loads, read


@pytest.fixture
def path(tmp_path):
    return tmp_path / '_wscodec.mpy'


def mpy(text=b'\0' * 200, scope=0x10, more=b'\xff', names=b'\x08_wsc\0\x15'):
    """A file of armv6m as mpy_ld writes it: two names, one of them static, code and relocations."""
    size = len(text) << 3 | 2
    kind = bytes([0x80 | size >> 7, size & 0x7F])
    return b'M\x06\x13\x1f\x02\0' + names + kind + text + bytes([scope]) + more


def test_code_alone(path):
    path.write_bytes(mpy())
    assert read(path) == ('armv6m', '6.3', len(mpy()), 200, 0)


def test_rodata(path):
    path.write_bytes(mpy(scope=0x30, more=b'\x58' + b'\0' * 88 + b'\xff'))
    assert read(path).rodata == 88


def test_the_staged_natmod():
    natmod = read(LIB / '_wscodec.mpy')
    assert natmod.arch == 'x64'
    assert natmod.abi == '6.3'
    assert 1000 < natmod.text < natmod.size == (LIB / '_wscodec.mpy').stat().st_size


def test_no_mpy_file(path):
    path.write_text('import os\n')
    with pytest.raises(ValueError, match=r'_wscodec\.mpy is no \.mpy file'):
        read(path)


def test_bytecode():
    with pytest.raises(ValueError, match='holds bytecode, not a native module'):
        read(LIB / 'microdot_websocket' / 'websocket.mpy')


def test_boards():
    assert decode_mpy(4870) == ('armv6m', '6.3')  # a Pico's sys.implementation._mpy
    assert decode_mpy(0x2B06) == ('xtensawin', '6.3')
    assert decode_mpy(0x32F06) == ('rv32imc', '6.3')  # an RP2350, from MicroPython 1.27 on
    assert decode_mpy(15 << 10 | 6) == ('no. 15', '6.0')


def test_what_a_board_loads():
    assert loads('armv7emdp', 'armv6m')
    assert loads('armv6m', 'armv6m')
    assert not loads('armv6m', 'armv7m')
    assert not loads('xtensa', 'xtensawin')
    assert not loads('rv32imc', 'armv6m')
    assert loads('x64', 'x64') and not loads('x64', 'x86')
    assert [arch for arch in ARCHS if loads('xtensawin', arch)] == ['xtensawin']
