"""The server that Autobahn|Testsuite tests:  echo.py PORT EXPECTED_IMPL"""

from application import serve
from microdot import Microdot
from microdot.websocket import WebSocket, with_websocket

app = Microdot()
# Group 9 sends messages of up to 16 MiB.
WebSocket.max_message_length = 16 << 20


@app.route('/')
@with_websocket(compression=True)
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


serve(app)
