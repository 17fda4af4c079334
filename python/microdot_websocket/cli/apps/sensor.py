"""A sensor, and a page that shows what it measures, once a second, in all browsers that look.

microdot-websocket run main.py      on the board that is plugged in
microdot-websocket serve main.py    on this computer
"""

import asyncio
import json
import time

from microdot import Microdot, send_file
from microdot_websocket import with_websocket
from microdot_websocket.group import Group
from microdot_websocket.server import run
from wifi import join

PORT = 5000
PERIOD = 1  # seconds
HERE = __file__[: __file__.replace('\\', '/').rfind('/') + 1]  # boards have no os.path
app = Microdot()
viewers = Group()
reporter = None  # the task, from the first viewer on
started = time.time()


def measure():
    """What to show, by name: your sensor's value instead of, or besides, the time since the start.

    A Pico's temperature is 27 - (machine.ADC(4).read_u16() * 3.3 / 65535 - 0.706) / 0.001721.
    """
    return {'seconds': int(time.time() - started)}


async def report():
    while True:
        if len(viewers):  # else nothing is measured
            await viewers.send(json.dumps(measure()))
        await asyncio.sleep(PERIOD)


@app.route('/')
async def page(request):
    return send_file(HERE + 'index.html')


@app.route('/sensor')
@with_websocket(ping_interval=20, ping_timeout=10)
async def view(request, ws):
    global reporter
    reporter = reporter or asyncio.create_task(report())
    viewers.add(ws)
    async for _ in ws:  # a button of the page could send something
        pass


print('http://%s:%d' % (join() or '127.0.0.1', PORT))
run(app, port=PORT)
