"""What MQTT clients for boards expect of MicroPython, where there is no board."""

import asyncio
import builtins
import os
import sys


class RTC:
    def datetime(self):
        return 2026, 1, 1, 4, 0, 0, 0, 0


class Machine:
    RTC = RTC

    def unique_id():
        return os.urandom(4)


class WLAN:
    """Which is connected."""

    def __init__(self, interface):
        pass

    def active(self, is_active):
        pass

    def connect(self, *_):
        pass

    def disconnect(self):
        raise AssertionError('the pages of this board are gone')

    def isconnected(self):
        return True

    def ifconfig(self):
        return ('127.0.0.1',)


class Network:
    STA_IF = 0
    WLAN = WLAN


if sys.implementation.name == 'micropython':
    sys.modules['machine'] = Machine
    sys.modules['network'] = Network
    builtins.TimeoutError = asyncio.TimeoutError
