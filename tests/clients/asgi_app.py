"""What the clients talk to where a server for ASGI or WSGI serves it: one application for both.
INTERFACE=asgi|wsgi in the environment"""

import os

import microdot_websocket

microdot_websocket.install()

from microdot import abort  # noqa: E402
from microdot.websocket import WebSocketError, websocket_upgrade, with_websocket  # noqa: E402
from microdot_websocket.group import Group  # noqa: E402

if os.environ['INTERFACE'] == 'asgi':
    from microdot.asgi import Microdot
else:
    from microdot.wsgi import Microdot

app = Microdot()
ends = []  # (close code, reason) of the connections to /echo that ended since they were asked for
group = Group()


@app.route('/ends')
async def get_ends(request):
    answer = list(ends)
    ends.clear()
    return {'ends': answer}


@app.route('/echo')
@with_websocket(max_message_length=1 << 20, subprotocols=('echo', 'chat'), ping_interval=1)
async def echo(request, ws):
    try:
        async for message in ws:
            await ws.send(ws.subprotocol if message == 'subprotocol' else message)
        ends.append(['behind the loop', ws.close_code, ws.close_reason])
    except WebSocketError as exc:
        ends.append([exc.code, exc.reason])


@app.route('/close')
@with_websocket
async def close(request, ws):
    await ws.receive()
    await ws.close(4002, 'bye é')


@app.route('/pieces')
@with_websocket
async def pieces(request, ws):
    """Their number, and then all of them in one message."""
    found = [bytes(piece) async for piece in ws.stream(bytearray(4))]
    await ws.send(str(len(found)))
    await ws.send_stream(found)


@app.route('/group')
@with_websocket
async def join(request, ws):
    group.add(ws)
    async for message in ws:
        await group.send(message)


@app.route('/ping')
@with_websocket
async def ping(request, ws):
    await ws.receive()
    try:
        await ws.ping()
    except NotImplementedError as exc:
        await ws.send(str(exc))


@app.route('/raise')
@with_websocket
async def fail(request, ws):
    raise KeyError('made by a test')


@app.route('/origin')
@with_websocket(origins=('http://a.example',))
async def origin(request, ws):
    await ws.send('welcome')


@app.route('/upgrade')
async def upgrade(request):
    if request.args.get('password') != 'secret':
        abort(401)
    ws = await websocket_upgrade(request)
    await ws.send('welcome')
