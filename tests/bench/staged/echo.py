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
    if 'microdot_websocket' not in sys.modules:
        return 'microdot'
    from microdot_websocket.codec import IMPL

    return IMPL


app.run(host='127.0.0.1', port=int(sys.argv[1]))
