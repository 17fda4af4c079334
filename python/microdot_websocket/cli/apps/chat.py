"""A chat, and its page: whatever one says, all others get.

microdot-websocket run main.py      on the board that is plugged in
microdot-websocket serve main.py    on this computer
"""

from microdot import Microdot, send_file
from microdot_websocket import with_websocket
from microdot_websocket.server import run
from microdot_websocket.topics import Topics
from wifi import join

PORT = 5000
HERE = __file__[: __file__.replace('\\', '/').rfind('/') + 1]  # boards have no os.path
app = Microdot()


@app.route('/')
async def page(request):
    return send_file(HERE + 'index.html')


async def count(*_):
    await chat.send('%d here' % len(chat))


# It drops who reads too slowly, so that the others need not wait. Whoever leaves is counted.
chat = Topics(on_leave=count)


# Who does not answer to a ping for ten seconds has gone without a word.
@app.route('/chat')
@with_websocket(ping_interval=20, ping_timeout=10)
async def talk(request, ws):
    chat.add(ws)
    await count()
    async for message in ws:
        await chat.send(message)


print('http://%s:%d' % (join() or '127.0.0.1', PORT))
run(app, port=PORT)
