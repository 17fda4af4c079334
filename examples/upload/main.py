"""Files of any length, through 4 KiB of memory, into the folder `uploads`. One that was cut off
goes on where it was, and each is checked with SHA-256.

The page says what comes, as JSON: name, size, sha256. It is told how many bytes are there, sends
the others in pieces, and is told again with each.
"""

import asyncio
import json
import os
from binascii import hexlify
from hashlib import sha256

from microdot import Microdot, send_file
from microdot_websocket import WebSocket, with_websocket
from microdot_websocket.server import run

PORT = 5000
FOLDER = 'uploads'
PIECE = 4096  # bytes
HERE = __file__[: __file__.replace('\\', '/').rfind('/') + 1]  # boards have no os.path
WebSocket.read_buffer_size = 512  # long payloads do not pass through it
app = Microdot()
busy = {}  # the connections that upload, by the files they write


@app.route('/')
async def page(request):
    return send_file(HERE + 'index.html')


def plain(name):
    """A name that leads nowhere else."""
    name = ''.join([c if c.isalpha() or c.isdigit() or c in '-_.' else '_' for c in name])
    return name.lstrip('.')[-64:] or 'file'


def length(path):
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def room():
    """Bytes that are free for files."""
    try:
        _, size, _, _, free = os.statvfs(FOLDER)[:5]
        return size * free
    except AttributeError:  # Windows
        return 1 << 62


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


@app.route('/upload')
@with_websocket(ping_interval=20)
async def upload(request, ws):
    asked = json.loads(await ws.receive())
    name, size, wanted = plain(asked['name']), asked['size'], plain(asked['sha256'])
    part = FOLDER + '/' + wanted[:16] + '.part'  # its name tells what is in it
    while part in busy:  # the connection before has not yet noticed that it was lost
        busy[part].abort()
        await asyncio.sleep(0.1)
    if size - length(part) > room():
        return await ws.close(4001, 'there is no room for it')
    busy[part] = ws
    try:
        digest = await receive(ws, part, size)
    finally:
        del busy[part]
    if digest == wanted:
        remove(FOLDER + '/' + name)
        os.rename(part, FOLDER + '/' + name)
        await ws.send(json.dumps({'saved': name, 'sha256': digest}))
    else:
        remove(part)
        await ws.close(4002, 'the checksum is wrong' if digest else 'cancelled')


async def receive(ws, part, size):
    """Write what is missing of a file; the SHA-256 of all of it, None if the page gives up. If the
    connection is lost, what has come stays."""
    buffer = memoryview(bytearray(PIECE))
    digest = sha256()
    there = 0
    with open(part, 'ab+') as file:
        file.seek(0)
        while n := file.readinto(buffer):
            digest.update(buffer[:n])
            there += n
            await asyncio.sleep(0)  # others want to be served, too
        await ws.send(json.dumps({'there': there}))
        while there < size:
            n = await ws.receive_into(buffer)
            if ws.message_type == ws.TEXT:
                return None
            file.write(buffer[:n])
            digest.update(buffer[:n])
            there += n
            await ws.send(json.dumps({'there': there}))
    return hexlify(digest.digest()).decode()


def address():
    """Of a board in its network, which its boot.py has joined."""
    try:
        from network import STA_IF, WLAN
    except ImportError:
        return '127.0.0.1'
    return WLAN(STA_IF).ifconfig()[0]


try:
    os.mkdir(FOLDER)
except OSError:  # it is there
    pass
print('http://%s:%d' % (address(), PORT))
run(app, port=PORT)
