"""Joins a Wi-Fi network, on a board that has Wi-Fi; elsewhere nothing is done.

The network stands here, or in the board's boot.py, which `microdot-websocket wifi` writes.
"""

import time

SSID = ''
PASSWORD = ''


def join(seconds=20):
    """Join the network, within so many seconds; the board's address, None without one."""
    try:
        from network import STA_IF, WLAN
    except ImportError:  # no Wi-Fi
        return None
    wlan = WLAN(STA_IF)
    if SSID and not wlan.isconnected():
        wlan.active(True)
        try:
            wlan.connect(SSID, PASSWORD or None)
        except OSError:  # an ESP32 that is about to join it already
            pass
    while wlan.active() and not wlan.isconnected() and seconds > 0:
        time.sleep(0.1)
        seconds -= 0.1
    if wlan.isconnected():
        return wlan.ifconfig()[0]
    print('no Wi-Fi: is the network in reach, and the password right?' if SSID else 'no Wi-Fi yet')
