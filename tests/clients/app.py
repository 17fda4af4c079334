"""What the clients talk to, on MicroPython:  app.py PORT EXPECTED_IMPL FOLDER [CERTIFICATE KEY]

The page for the browser is in FOLDER. With a certificate and its key (DER files) it serves TLS.
"""

import asyncio
import sys

from application import serve
from microdot import Microdot, send_file
from microdot.websocket import WebSocket, WebSocketError, with_websocket

app = Microdot()
WebSocket.max_message_length = 1 << 20
ends = []  # (close code, reason) of the connections to /echo that ended since they were asked for


@app.route('/<re:[a-z]+[.](html|mjs):name>')
async def page(request, name):
    types = {'html': 'text/html', 'mjs': 'text/javascript'}
    return send_file(sys.argv[3] + '/' + name, content_type=types[name.rsplit('.', 1)[1]])


@app.route('/ends')
async def get_ends(request):
    answer = list(ends)
    ends.clear()
    return {'ends': answer}


@app.route('/echo')
@with_websocket
async def echo(request, ws):
    try:
        while True:
            await ws.send(await ws.receive())
    except WebSocketError as exc:
        ends.append([exc.code, exc.reason])


@app.route('/close')
@with_websocket
async def close(request, ws):
    await ws.receive()
    await ws.close(4002, 'bye é')


@app.route('/ping')
@with_websocket
async def ping(request, ws):
    """The clients here answer pings by themselves, and do not tell."""
    while True:
        message = await ws.receive()
        await ws.send(b'ping', ws.PING)
        await ws.send(message)


@app.route('/compressed')
@with_websocket(compression=True, subprotocols=('echo', 'chat'), ping_interval=0.2, ping_timeout=1)
async def compressed(request, ws):
    """All that a client can agree on. A client that leaves its pings unanswered is dropped."""

    async def ping():
        await ws.ping(b'are you there?')
        await ws.send('pong')

    async for message in ws:
        if message == 'ping':
            asyncio.create_task(ping())  # the pong is read here
        elif message == 'agreed':
            await ws.send('%s %s' % (ws.subprotocol, ws.compression))
        else:
            await ws.send(message)


@app.route('/compressed-large')
@with_websocket(compression=True, ping_interval=0.2)
async def compressed_large(request, ws):
    """On a busy machine a browser is silent for longer than a second over a mebibyte."""
    async for message in ws:
        await ws.send(message)


@app.route('/senders')
@with_websocket
async def senders(request, ws):
    """Five tasks send at once, while it receives: more than any buffer holds."""

    async def sender(i):
        try:
            for k in range(8):
                await ws.send(bytes([i, k]) * 50000)
        except WebSocketError:
            pass

    for i in range(5):
        asyncio.create_task(sender(i))
    while True:
        await ws.send(await ws.receive())


def tls_context(certificate, key):
    import tls

    context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    with open(certificate, 'rb') as c, open(key, 'rb') as k:
        context.load_cert_chain(c.read(), k.read())
    return context


context = tls_context(*sys.argv[4:]) if sys.argv[4:] else None
serve(app, ssl=context)
