"""A sensor, and a page that plots what it measures, ten times a second, wherever it is open.

A page that is too slow, or far away, does not get it all, but always the newest.
"""

import asyncio
import gc
import json
import math
import struct

from microdot import Microdot, send_file
from microdot_websocket import with_websocket
from microdot_websocket.server import serve
from microdot_websocket.topics import Topics

PORT = 5000
PERIOD = 0.1  # seconds
KEPT = 300  # rows of values, so that a page is not empty when it is opened
VALUES = [('Temperature', '°C'), ('Light', '%'), ('Free memory', 'KiB')]
HERE = __file__[: __file__.replace('\\', '/').rfind('/') + 1]  # boards have no os.path
app = Microdot()
pages = Topics(latest=True)  # of rows that wait for a slow page, it gets the newest


def measure(seconds):
    """One number for each of VALUES. The first two are made up: put those of your sensors there.

    A Pico's temperature is 27 - (machine.ADC(4).read_u16() * 3.3 / 65535 - 0.706) / 0.001721.
    """
    temperature = 21 + math.sin(seconds / 7) + math.sin(seconds * 2) / 4
    light = 50 + 40 * math.sin(seconds / 3) * math.sin(seconds / 19)
    return temperature, light, gc.mem_free() / 1024 if hasattr(gc, 'mem_free') else 0


class Rows:
    """The last rows, each the seconds since the start and the values, as floats of 4 bytes."""

    size = 4 * (1 + len(VALUES))

    def __init__(self):
        self.kept = bytearray(KEPT * self.size)
        self.count = 0

    def add(self, *numbers):
        row = struct.pack('<%df' % len(numbers), *numbers)
        at = self.count % KEPT * self.size
        self.kept[at : at + self.size] = row
        self.count += 1
        return row

    def older_and_newer(self):
        at = self.count % KEPT * self.size
        return self.kept[at:] if self.count >= KEPT else b'', self.kept[:at]


@app.route('/')
async def page(request):
    return send_file(HERE + 'index.html')


@app.route('/sensor')
@with_websocket(ping_interval=20)
async def view(request, ws):
    await ws.send(json.dumps(VALUES))
    for piece in rows.older_and_newer():
        if piece:
            await ws.send(piece)
    pages.add(ws)
    async for _ in ws:  # the page sends nothing
        pass


def address():
    """Of a board in its network, which its boot.py has joined."""
    try:
        from network import STA_IF, WLAN
    except ImportError:
        return '127.0.0.1'
    return WLAN(STA_IF).ifconfig()[0]


async def measure_on_and_on():
    seconds = 0
    while True:
        await pages.send(rows.add(seconds, *measure(seconds)))
        await asyncio.sleep(PERIOD)
        seconds += PERIOD


async def main():
    global rows
    rows = Rows()
    asyncio.create_task(measure_on_and_on())
    print('http://%s:%d' % (address(), PORT))
    await serve(app, port=PORT)


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
