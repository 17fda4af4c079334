"""shutdown_app.py PORT: serves /ws, and ends in three ways: Ctrl-C, /shutdown and /restart."""

import asyncio
import sys

from microdot import Microdot
from microdot_websocket import with_websocket
from microdot_websocket.server import run, shutdown

if sys.implementation.name == 'cpython':
    import signal

    # Whatever runs the tests in the background may have turned Ctrl-C off.
    signal.signal(signal.SIGINT, signal.default_int_handler)

app = Microdot()


@app.route('/ws')
@with_websocket
async def echo(request, ws):
    try:
        while True:
            await ws.send(await ws.receive())
    finally:
        print('handler ended')


@app.route('/shutdown')
async def stop(request):
    request.app.shutdown()
    return 'bye'


@app.route('/restart')
async def restart(request):
    asyncio.create_task(shutdown(request.app, 1012, 'restart'))
    return 'bye'


run(app, '127.0.0.1', int(sys.argv[1]))
print('the end')
