"""The server that Autobahn|Testsuite tests:  echo.py PORT EXPECTED_IMPL"""

import sys

if sys.implementation.name == 'cpython':
    import microdot_websocket

    microdot_websocket.install()

from microdot import Microdot
from microdot.websocket import WebSocket, with_websocket
from microdot_websocket import codec

app = Microdot()
# Group 9 sends messages of up to 16 MiB.
WebSocket.max_message_length = 16 << 20


@app.route('/')
@with_websocket(compression=True)
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


if codec.IMPL != sys.argv[2]:
    sys.exit('this server is for the %s codec, but codec.IMPL is %s' % (sys.argv[2], codec.IMPL))
app.run(host='127.0.0.1', port=int(sys.argv[1]))
