"""The echo server that is measured:  echo.py PORT IMPL

IMPL: 'native' or 'python', this project with that codec, or 'microdot', Microdot's own module.
"""

import gc
import sys

if sys.implementation.name == 'cpython' and sys.argv[2] != 'microdot':
    import microdot_websocket

    microdot_websocket.install()

from microdot import Microdot, Request
from microdot.websocket import with_websocket

app = Microdot()
Request.max_body_length = 1 << 24  # of a message too


@app.route('/echo')
@with_websocket
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


@app.route('/memory')
async def memory(request):
    gc.collect()
    return str(gc.mem_alloc())


@app.route('/impl')
async def impl(request):
    """Which of them it is, by what has been imported."""
    package = sys.modules.get('microdot_websocket')
    return package.codec.IMPL if package else 'microdot'


app.run(host='127.0.0.1', port=int(sys.argv[1]))
