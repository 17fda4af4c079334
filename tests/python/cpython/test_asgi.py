"""Microdot's asgi module over this package. It holds Microdot's classes from its import on, so each
case is a process of its own."""

import subprocess
import sys

APPLICATION = """
import asyncio
import microdot_websocket
microdot_websocket.install()
from microdot import Response
from microdot.asgi import Microdot, with_websocket

app = Microdot()

@app.route('/')
@with_websocket
async def echo(request, ws):
    while True:
        data = await ws.receive()
        if data == 'raise':
            1 / 0
        if data == 'end':
            return
        await ws.send(data)

@app.after_request
def cookie(request, response):
    assert request.headers['Connection'] == 'keep-alive, Upgrade'
    response.set_cookie('a', 'b')

async def main(*texts):
    scope = {'type': 'websocket', 'path': '/', 'client': ('x', 1), 'http_version': '1.1'}
    scope['headers'] = [(b'connection', b'keep-alive'), (b'connection', b'Upgrade')]
    incoming = [{'type': 'websocket.connect'}]
    incoming += [{'type': 'websocket.receive', 'text': text} for text in texts]
    incoming += [{'type': 'websocket.disconnect'}]
    sent = []

    async def receive():
        return incoming.pop(0)

    async def send(event):
        sent.append(event.get('text', event['type'].split('.')[1]))

    await app(scope, receive, send)
    print(sent)

asyncio.run(main('a', 'b'))
asyncio.run(main('a', 'end'))
asyncio.run(main('raise'))
assert 'Set-Cookie' not in Response.already_handled.headers
"""


def test_asgi():
    process = subprocess.run([sys.executable, '-c', APPLICATION], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines() == [
        "['accept', 'a', 'b', 'close']",
        "['accept', 'a', 'close']",
        "['accept', 'close']",
    ]
    assert process.stderr.count('Traceback') == 1
    assert 'ZeroDivisionError' in process.stderr
