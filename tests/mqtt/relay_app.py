"""A server with a Relay:  relay_app.py PORT EXPECTED_IMPL ADAPTER BROKER_PORT BROKER_WEB_PORT

A page at /chat sends and gets all messages, one at /topic/NAME those of a topic, one at /sensors
those of plain devices. /state tells how the relay is.
"""

import asyncio
import gc
import sys

import adapters
from application import serve
from microdot import Microdot
from microdot_websocket import with_websocket
from microdot_websocket.relay import Relay

app = Microdot()
adapter = getattr(adapters, sys.argv[3])
relay = None


@app.route('/chat')
@with_websocket
async def chat(request, ws):
    relay.add(ws)
    async for message in ws:
        await relay.send(message)


@app.route('/topic/<name>')
@with_websocket
async def topic(request, ws, name):
    relay.subscribe(ws, name)
    async for message in ws:
        await relay.publish(name, message, exclude=ws)


@app.route('/sensors')
@with_websocket
async def sensors(request, ws):
    relay.subscribe(ws, 'sensors/#')
    async for _ in ws:
        pass


@app.route('/state')
async def state(request):
    global relay
    if relay is None:  # now there is an event loop
        ports = int(sys.argv[4]), int(sys.argv[5])
        delays = {'min_delay': 0.05, 'max_delay': 0.4}
        relay = Relay(adapter(*ports), 'tests/chat', plain='sensors/#', **delays)
        relay.on_retry = lambda *why: print('retry', *why)
        asyncio.create_task(relay.run())
    gc.collect()
    return {
        'connected': relay.connected,
        'dropped': relay.dropped,
        'memory': gc.mem_alloc() if hasattr(gc, 'mem_alloc') else 0,
    }


serve(app)
