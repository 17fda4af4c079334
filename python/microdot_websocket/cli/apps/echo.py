"""An echo server, and a page to try it with.

microdot-websocket run main.py      on the board that is plugged in
microdot-websocket serve main.py    on this computer
"""

from microdot import Microdot, send_file
from microdot_websocket import with_websocket
from microdot_websocket.server import run
from wifi import join

PORT = 5000
HERE = __file__[: __file__.replace('\\', '/').rfind('/') + 1]  # boards have no os.path
app = Microdot()


@app.route('/')
async def page(request):
    return send_file(HERE + 'index.html')


# Pings find out within half a minute that a client is gone.
@app.route('/echo')
@with_websocket(ping_interval=20, ping_timeout=10)
async def echo(request, ws):
    async for message in ws:
        await ws.send(message)


print('http://%s:%d' % (join() or '127.0.0.1', PORT))
run(app, port=PORT)
