"""What mpremote's errors mean. The texts are its own and those of pyserial."""

import pytest
from microdot_websocket.cli import Failed, mpremote
from microdot_websocket.cli.mpremote import choose, devices, explain


@pytest.mark.parametrize(
    'said, cause',
    [
        ('/usr/bin/python: No module named mpremote', 'mpremote is missing: pip install mpremote'),
        ('mpremote.transport.TransportError: could not enter raw repl', 'does not answer: press'),
        ('mpremote: cp: OSError: [Errno 28] ENOSPC', 'the file system of the board is full'),
        ('OSError: [Errno 30] EROFS', 'is read-only'),
        ('MemoryError: memory allocation failed, allocating 900 bytes', 'too little free memory'),
        ('serial.serialutil.SerialException: socket disconnected', 'unplugged or reset'),
        ('serial.serialutil.SerialException: ClearCommError failed', 'unplugged or reset'),
        ('OSError: [Errno 5] Input/output error', 'unplugged or reset'),
        ('mpremote: something new', 'COM3: something new'),
        ('', 'did not say why'),
    ],
)
def test_causes(said, cause):
    text = explain('COM3', said)
    assert cause in text
    assert '\n' not in text


BUSY = 'mpremote: failed to access {} (it may be in use by another program)'


def test_a_port_that_is_not_there(tmp_path):
    port = str(tmp_path / 'ttyACM0')
    assert explain(port, BUSY.format(port)) == (
        f'{port}: there is no such port; `mpremote connect list` names those there are'
    )


def test_a_port_that_is_in_use(tmp_path):
    port = tmp_path / 'ttyACM0'
    port.touch()
    assert 'in use by another program: close it' in explain(str(port), BUSY.format(port))


def test_a_port_that_one_may_not_use(tmp_path, monkeypatch):
    port = tmp_path / 'ttyACM0'
    port.touch()
    monkeypatch.setattr(mpremote.os, 'access', lambda path, mode: False)  # root may use all
    assert 'sudo usermod -a -G dialout $USER' in explain(str(port), BUSY.format(port))


def listed(monkeypatch, text):
    code = f'print({text!r})'
    monkeypatch.setattr(mpremote, 'COMMAND', (mpremote.sys.executable, '-c', code))


TWO = """\
/dev/ttyACM0 e6614 2e8a:0005 MicroPython Board in FS mode
/dev/ttyS0 None 0000:0000 None None
/dev/ttyUSB0 0001 10c4:ea60 Silicon Labs CP2102N
"""


def test_devices(monkeypatch):
    listed(monkeypatch, TWO)
    assert devices() == [
        ('/dev/ttyACM0', 'MicroPython Board in FS mode'),
        ('/dev/ttyUSB0', 'Silicon Labs CP2102N'),
    ]
    assert choose('COM7') == 'COM7'
    with pytest.raises(Failed, match=r'several boards: name one with --device: /dev/ttyACM0 \(Mi'):
        choose(None)


def test_one_board(monkeypatch):
    listed(monkeypatch, TWO.splitlines()[0])
    assert choose(None) == '/dev/ttyACM0'


def test_no_board(monkeypatch):
    listed(monkeypatch, '/dev/ttyS0 None 0000:0000 None None')
    with pytest.raises(Failed, match='no board found: plug it in'):
        choose(None)


def test_nothing_listens():
    with pytest.raises(Failed, match='socket://127.0.0.1:1: nothing answers there'):
        mpremote.call('socket://127.0.0.1:1', 'exec', 'pass')
