"""Runs on a board: joins the network of its new boot.py, prints one line of JSON about it."""

import json
import time

import boot
import network

SECONDS = 20
REASONS = (
    ('STAT_WRONG_PASSWORD', 'the password is wrong'),
    ('STAT_NO_AP_FOUND', 'no network of this name is in reach; boards use 2.4 GHz'),
)


def leave(wlan):
    """The network that it has joined before."""
    try:
        wlan.disconnect()
    except OSError:  # there was none
        pass
    for _ in range(20):
        if not wlan.isconnected():
            break
        time.sleep(0.1)


def reason(wlan):
    status = wlan.status()
    for name, text in REASONS:
        if getattr(network, name, None) == status:
            return text
    return 'is it in reach, at 2.4 GHz, and is the password right'


wlan = network.WLAN(network.STA_IF)
wlan.active(True)
leave(wlan)
address = boot.join(SECONDS)
print('join:', json.dumps({'address': address, 'reason': '' if address else reason(wlan)}))
