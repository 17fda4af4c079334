"""A chat: whatever one sends, all the others get. Who has gone without a word is found out within
half a minute, and who reads too slowly does not hold up the rest."""

from microdot import Microdot
from microdot_websocket import with_websocket
from microdot_websocket.group import Group
from microdot_websocket.server import run

app = Microdot()
chat = Group(send_timeout=5)


@app.route('/chat')
@with_websocket(subprotocols=('chat',), ping_interval=15, ping_timeout=10)
async def join(request, ws):
    chat.add(ws)
    await chat.send('%d here' % len(chat))
    async for message in ws:
        await chat.send(message, exclude=ws)
    chat.discard(ws)
    await chat.send('%d here' % len(chat))


run(app)
