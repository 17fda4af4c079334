"""Joining a network, with a stand-in for MicroPython's module `network`."""

import os
import subprocess
import sys

import pytest
from interpreters import ROOT
from microdot_websocket.cli.new import APPS

NETWORK = """\
STA_IF = 0


class WLAN:
    def __init__(self, interface):
        self.on = {active}
        self.left = {after}

    def active(self, on=None):
        if on is None:
            return self.on
        self.on = on

    def connect(self, ssid, key):
        print('connect', repr(ssid), repr(key))
        if {busy}:
            raise OSError('Wifi Internal State Error')

    def isconnected(self):
        self.left -= 1
        return self.on and self.left < 0

    def ifconfig(self):
        return '192.168.4.7', '255.255.255.0', '192.168.4.1', '192.168.4.1'
"""
ENV = {**os.environ, 'PYTHONDONTWRITEBYTECODE': '1'}
COMMANDS = {'cpython': sys.executable, 'unix': ROOT / 'build' / 'bin' / 'micropython'}


@pytest.fixture(params=COMMANDS)
def join(request, tmp_path):
    """What join() prints and returns, with a network or none."""

    def join(ssid='', password='', after=2, active=False, busy=False, network=True):
        if network:
            text = NETWORK.format(active=active, after=after, busy=busy)
            (tmp_path / 'network.py').write_text(text)
        code = (
            f'import sys; sys.path.insert(0, {str(tmp_path)!r}); '
            f'sys.path.insert(0, {str(APPS)!r}); import wifi; '
            f'wifi.SSID, wifi.PASSWORD = {ssid!r}, {password!r}; print(wifi.join(0.5))'
        )
        command = [COMMANDS[request.param], '-c', code]
        done = subprocess.run(command, env=ENV, capture_output=True, text=True, timeout=60)
        assert not done.stderr
        return done.stdout.splitlines()

    return join


def test_a_network(join):
    assert join('home', 'secret 123') == ["connect 'home' 'secret 123'", '192.168.4.7']


def test_an_open_network(join):
    assert join('home') == ["connect 'home' None", '192.168.4.7']


def test_it_is_not_awaited_for_ever(join):
    assert join('home', after=10**9)[1:] == [
        'no Wi-Fi: is the network in reach, and the password right?',
        'None',
    ]


def test_what_boot_py_has_joined(join):
    assert join(active=True, after=0) == ['192.168.4.7']
    assert join(active=True, after=2) == ['192.168.4.7']  # is about to join
    assert join('home', active=True, after=2, busy=True)[1:] == ['192.168.4.7']


def test_no_network_is_named(join):
    assert join() == ['no Wi-Fi yet', 'None']


def test_no_wifi(join):
    assert join('home', network=False) == ['None']
