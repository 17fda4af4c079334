"""An echo server with Microdot, which broadcasts too:  microdot_echo.py PORT IMPL [--uvloop]

IMPL: 'native' or 'python', this project with that codec, or 'microdot', Microdot's own module.
"""

import sys
from pathlib import Path

from loops import run

port, wanted = int(sys.argv[1]), sys.argv[2]
if wanted == 'python':
    sys.modules['_wscodec'] = None
if wanted != 'microdot':
    import microdot_websocket

    microdot_websocket.install()

sys.path.append(str(Path(__file__).parent.parent / 'staged'))
from echo import app  # noqa: E402  what MicroPython runs too
from microdot.websocket import with_websocket  # noqa: E402

if wanted == 'microdot':

    class Group(dict):
        """What an application does that has no Group."""

        def add(self, ws):
            self[ws] = True

        discard = dict.pop

        async def send(self, message):
            for ws in list(self):
                await ws.send(message)

else:
    from microdot_websocket.group import Group

group = Group()


@app.route('/broadcast')
@with_websocket
async def broadcast(request, ws):
    group.add(ws)
    try:
        while True:
            await group.send(await ws.receive())
    finally:
        group.discard(ws)


@app.route('/codec')
@with_websocket
async def codec(request, ws):
    """Of what module is that which decodes the frames of a connection?"""
    await ws.receive()
    await ws.send(type(getattr(ws, 'protocol', ws)).__module__)


run(app.start_server(host='127.0.0.1', port=port))
