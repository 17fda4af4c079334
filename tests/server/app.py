"""The application that the server tests talk to:  app.py PORT EXPECTED_IMPL"""

import asyncio

from application import serve
from microdot import Microdot, abort
from microdot.websocket import WebSocket, WebSocketError, websocket_upgrade, with_websocket

app = Microdot()
WebSocket.max_message_length = 1 << 20
WebSocket.close_timeout = 1
ends = []  # (path, close code) of the last connections


@app.route('/echo')
@with_websocket
async def echo(request, ws):
    try:
        while True:
            await ws.send(await ws.receive())
    except WebSocketError as exc:
        ends.append(['/echo', exc.code])
        raise


@app.route('/upgrade')
async def upgrade(request):
    ws = await websocket_upgrade(request)
    while True:
        await ws.send(await ws.receive())


@app.route('/cookie')
async def cookie(request):
    @request.after_request
    def save(request, response):
        response.set_cookie('session', 'abc', http_only=True)
        return response

    ws = await websocket_upgrade(request, headers={'Server': 'board'})
    await ws.send_json({'cookies': request.cookies})


@app.route('/raise')
@with_websocket
async def raises(request, ws):
    await ws.receive()
    raise ValueError('made by a test')


@app.errorhandler(418)
def error_handler(request):
    raise ValueError('made by a test') from None


@app.route('/error-handler-raises')
async def error_handler_raises(request):
    await websocket_upgrade(request)
    abort(418)


@app.route('/return')
@with_websocket
async def returns(request, ws):
    await ws.receive()


@app.route('/unlimited')
@with_websocket
async def unlimited(request, ws):
    ws.max_message_length = 0
    while True:
        await ws.send(str(len(await ws.receive())))


@app.route('/senders')
@with_websocket
async def senders(request, ws):
    """Ten tasks send at once, more than any buffer holds."""

    async def sender(i):
        for k in range(20):
            await ws.send(bytes([i, k]) + bytes([i]) * 30000)

    tasks = [asyncio.create_task(sender(i)) for i in range(10)]
    for task in tasks:
        await task


@app.route('/background')
@with_websocket
async def background(request, ws):
    """Tasks send, more than any buffer holds, until the connection ends for them too."""

    async def sender(i):
        try:
            while True:
                await ws.send(bytes([i]) * 30000)
        except WebSocketError:
            pass

    for i in range(5):
        asyncio.create_task(sender(i))
    while True:
        await ws.receive()


async def cancel(task):
    task.cancel()


async def is_cancelled(request, ws):
    await ws.send('open')
    asyncio.create_task(cancel(asyncio.current_task()))
    await ws.receive()


app.route('/cancelled')(with_websocket(is_cancelled))


@app.route('/cancelled-upgrade')
async def cancelled_upgrade(request):
    await is_cancelled(request, await websocket_upgrade(request))


@app.route('/ends')
async def get_ends(request):
    answer = list(ends)
    ends.clear()
    return {'ends': answer}


serve(app)
