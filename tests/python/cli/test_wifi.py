import argparse
import io
import json
import subprocess

import pytest
from boards import Mpremote, board
from interpreters import ROOT
from microdot_websocket.cli import Failed, wifi
from microdot_websocket.cli.wifi import MARK, boot_py, is_free

ESP32 = '# This file is executed on every boot\n#import esp\n\n#esp.osdebug(None)\n'
PYBOARD = '# boot.py\nimport pyb\n'
JOINED = 'join: {"address": "192.168.4.7", "reason": ""}\n'
ODD = """it's "odd": \\n {} %s $HOME `x` ä€"""
NETWORK = """\
STA_IF = 0


class WLAN:
    def __init__(self, interface):
        pass

    def isconnected(self):
        return False

    def active(self, on=False):
        return False

    def connect(self, *words):
        for word in words:
            print([ord(c) for c in word])
"""


@pytest.mark.parametrize('word', [ODD, "'''", '\\', 'tab\tand nul\0', "PASSWORD = ''"])
def test_any_name_and_password(word, tmp_path):
    (tmp_path / 'network.py').write_text(NETWORK)
    (tmp_path / 'boot.py').write_text(boot_py(word, word * 2))
    program = ROOT / 'build' / 'bin' / 'micropython'
    done = subprocess.run([program, 'boot.py'], cwd=tmp_path, capture_output=True, text=True)
    assert not done.stderr
    lines = done.stdout.splitlines()
    assert [json.loads(line) for line in lines[:2]] == [list(map(ord, word * n)) for n in (1, 2)]


def test_which_boot_py_may_be_replaced():
    assert is_free('') and is_free(ESP32) and is_free(boot_py('a', 'b'))
    assert not is_free(PYBOARD)


@pytest.fixture
def run(monkeypatch):
    """(exit code, the stand-in for mpremote) of the command with a board."""

    def run(ssid='home', typed='secret 123\n', boot='', join=JOINED, force=False, **others):
        call = Mpremote(**{'join.py': join, "print('boot": f'boot: {json.dumps(boot)}\n'})
        monkeypatch.setattr(wifi.mpremote, 'call', call)
        monkeypatch.setattr(wifi, 'describe', lambda device: board(**others))
        monkeypatch.setattr('sys.stdin', io.StringIO(typed))
        return wifi.run(argparse.Namespace(device=None, ssid=ssid, force=force)), call

    return run


def test_wifi(run, capsys):
    code, mpremote = run(boot=ESP32)
    assert code == 0
    assert mpremote.copied == {':/boot.py': boot_py('home', 'secret 123')}
    output = capsys.readouterr()
    assert 'Joined: the address of the board is 192.168.4.7\n' in output.out
    assert 'secret' not in output.out + output.err + str(mpremote.asked)


def test_an_open_network_has_an_empty_line(run):
    _, mpremote = run(typed='\n')
    assert mpremote.copied == {':/boot.py': boot_py('home', '')}


def test_on_a_pyboard_boot_py_is_elsewhere(run):
    _, mpremote = run(lib='/flash/lib')
    assert list(mpremote.copied) == [':/flash/boot.py']


def test_a_boot_py_of_ones_own(run):
    with pytest.raises(Failed, match='nothing was done: /boot.py is your own.*wifi --force'):
        run(boot=PYBOARD)
    _, mpremote = run(boot=PYBOARD, force=True)
    assert mpremote.copied[':/boot.py'].startswith(MARK)


def test_it_is_not_joined(run):
    said = {'address': None, 'reason': 'the password is wrong'}
    with pytest.raises(
        Failed, match='"home" was not joined: the password is wrong. /boot.py tries'
    ):
        run(join=f'join: {json.dumps(said)}\n')
    with pytest.raises(Failed, match='did not say whether it joined'):
        run(join='')


@pytest.mark.parametrize(
    'words, cause',
    [
        ({'wifi': False}, 'this board has no Wi-Fi, or its firmware none .a Pico needs to be a'),
        ({'typed': ''}, 'nothing was done: there was no password'),
        ({'typed': 'short\n'}, 'the password of a network has 8 to 63 characters'),
        ({'ssid': 'ä' * 17}, 'the name of a network has 1 to 32 bytes'),
        ({'ssid': None}, 'name the network: microdot-websocket wifi NETWORK'),
    ],
)
def test_what_cannot_be(words, cause, run):
    with pytest.raises(Failed, match=cause):
        run(**words)


def test_both_are_asked_for(run, monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(wifi.sys, 'stdin', terminal)
    monkeypatch.setattr('builtins.input', lambda prompt: 'my network')
    monkeypatch.setattr(wifi.getpass, 'getpass', lambda prompt: 'my secret')
    assert wifi.ask_for_network(None) == ('my network', 'my secret')
