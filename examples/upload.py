"""An upload of any length through 4 KB of memory: a binary message becomes the file upload.bin, and
is answered with its length and SHA-256."""

from binascii import hexlify
from hashlib import sha256

from microdot import Microdot
from microdot_websocket import WebSocket, with_websocket
from microdot_websocket.server import run

app = Microdot()
buffer = bytearray(4096)
WebSocket.read_buffer_size = 512  # long payloads do not pass through it


@app.route('/upload')
@with_websocket
async def upload(request, ws):
    size = 0
    digest = sha256()
    with open('upload.bin', 'wb') as file:
        async for piece in ws.stream(buffer):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
    await ws.send('%d bytes, SHA-256 %s' % (size, hexlify(digest.digest()).decode()))


run(app)
