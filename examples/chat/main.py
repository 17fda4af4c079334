"""A chat with rooms. Everybody sees who is there, who comes and goes, and who has vanished."""

import json

from microdot import Microdot, send_file
from microdot_websocket import with_websocket
from microdot_websocket.server import run
from microdot_websocket.topics import Topics

PORT = 5000
PING = 5  # seconds until a silent page is asked whether it is there, and so many to answer
ROOMS = 'Hall', 'Workshop', 'Garden'
HERE = __file__[: __file__.replace('\\', '/').rfind('/') + 1]  # boards have no os.path
app = Microdot()


@app.route('/')
async def page(request):
    return send_file(HERE + 'index.html')


@app.route('/rooms')
async def list_rooms(request):
    return list(ROOMS)


async def tell(room, **what):
    """To all in a room, with the names of those who are there."""
    what['there'] = [ws.request.g.name for ws in people if ws.request.g.room == room]
    await people.publish(room, json.dumps(what))


async def leave(ws, code, reason):
    """One has gone, or has not answered."""
    how = 'has left' if code in (1000, 1001, 1005) else 'has vanished'
    await tell(ws.request.g.room, note='%s %s' % (ws.request.g.name, how))


people = Topics(on_leave=leave)  # a room is a topic


@app.route('/chat/<room>')
@with_websocket(ping_interval=PING, ping_timeout=PING, max_message_length=1000)
async def join(request, ws, room):
    if room not in ROOMS:
        return await ws.close(4004, 'no such room')
    request.g.room = room
    request.g.name = name = str(await ws.receive())[:20]
    people.subscribe(ws, room)
    await tell(room, note='%s has joined' % name)
    async for text in ws:
        await tell(room, name=name, text=str(text))


def address():
    """Of a board in its network, which its boot.py has joined."""
    try:
        from network import STA_IF, WLAN
    except ImportError:
        return '127.0.0.1'
    return WLAN(STA_IF).ifconfig()[0]


print('http://%s:%d' % (address(), PORT))
run(app, port=PORT)
