"""The application that test_bad_peers.py ill-treats, with short deadlines:
bad_peers_app.py PORT EXPECTED_IMPL"""

import asyncio
import gc
import sys

from application import serve
from microdot import Microdot, Request
from microdot.websocket import WebSocket, WebSocketError, with_websocket
from microdot_websocket import features

app = Microdot()
# The timer imports it when a handler does not receive for a second, as on a busy machine.
features.attach(WebSocket, 'listen')
Request.max_body_length = 0
WebSocket.max_message_length = 1 << 17
WebSocket.max_fragments = 1000
WebSocket.handshake_timeout = 0.3
WebSocket.frame_timeout = 0.3
WebSocket.send_timeout = 0.3
WebSocket.close_timeout = 0.3
WebSocket.read_buffer_size = 2048  # as on a board: one that is spare, or not, does not matter then


@app.route('/echo')
@with_websocket
async def echo(request, ws):
    app.writer = request.sock[1]
    while True:
        await ws.send(await ws.receive())


@app.route('/kept')
async def get_kept(request):
    """Whether a task that has ended would keep the last connection of /echo in memory."""
    return {'kept': app.writer.websocket is not None}


@app.route('/push')
@with_websocket
async def push(request, ws):
    """Send without end, from several tasks, whether or not anybody reads."""

    async def sender():
        try:
            while True:
                await ws.send(bytes(10000))
        except WebSocketError:
            pass

    tasks = [asyncio.create_task(sender()) for _ in range(3)]
    try:
        await ws.receive()
    finally:
        for task in tasks:
            await task


if sys.implementation.name == 'cpython':

    def measure():
        """(WebSocket objects, tasks)"""
        gc.collect()
        alive = sum(type(item) is WebSocket for item in gc.get_objects())
        return alive, len(asyncio.all_tasks())

else:

    def measure():
        """(bytes of the heap in use, tasks that wait for a socket)"""
        gc.collect()
        return gc.mem_alloc(), len(asyncio.core._io_queue.map)


def dive(depth):
    return depth and dive(depth - 1)


async def wipe():
    """Write over what earlier calls have left on the C stack: what looks like an address there is
    one to MicroPython's collector, which would keep a connection that has ended."""
    dive(40)


@app.route('/measure')
async def get_measure(request):
    await asyncio.create_task(wipe())
    return {'measure': measure()}


serve(app)
