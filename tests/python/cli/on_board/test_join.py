"""How a board joins a network, on MicroPython for this machine with a stand-in for `network`."""

import subprocess

import pytest
from interpreters import ROOT
from microdot_websocket.cli.board import ON_BOARD, answer

NETWORK = """\
STA_IF, STAT_WRONG_PASSWORD, STAT_NO_AP_FOUND = 0, -3, -2


class WLAN:
    joined = True

    def __init__(self, interface):
        pass

    def active(self, on=None):
        return True

    def disconnect(self):
        WLAN.joined = False
        raise OSError

    def isconnected(self):
        return WLAN.joined

    def status(self):
        return {}
"""
BOOT = (
    'import network\n\n\ndef join(seconds):\n    assert not network.WLAN.joined\n    return {!r}\n'
)


@pytest.mark.parametrize(
    'address, status, reason',
    [
        ('192.168.4.7', 3, ''),
        (None, -3, 'the password is wrong'),
        (None, -2, 'no network of this name is in reach; boards use 2.4 GHz'),
        (None, 1, 'is it in reach, at 2.4 GHz, and is the password right'),
    ],
)
def test_join(address, status, reason, tmp_path):
    (tmp_path / 'network.py').write_text(NETWORK.format(status))
    (tmp_path / 'boot.py').write_text(BOOT.format(address))
    program = ROOT / 'build' / 'bin' / 'micropython'
    command = [program, '-c', (ON_BOARD / 'join.py').read_text()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert answer(done.stdout, 'join:') == {'address': address, 'reason': reason}, done.stderr
