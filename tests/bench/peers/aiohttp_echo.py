"""An echo server with aiohttp and its C extensions, which broadcasts too:

aiohttp_echo.py PORT [--uvloop]
"""

import asyncio
import sys

from aiohttp import WSMsgType, http_websocket, web
from aiohttp._websocket import helpers, mask, reader_c
from loops import run

assert http_websocket.WebSocketReader is reader_c.WebSocketReader
assert helpers.websocket_mask is mask._websocket_mask_cython

members = {}


async def send(ws, message):
    if message.type == WSMsgType.BINARY:
        await ws.send_bytes(message.data)
    else:
        await ws.send_str(message.data)


async def echo(request):
    ws = web.WebSocketResponse(compress=False, max_msg_size=0)
    await ws.prepare(request)
    async for message in ws:
        await send(ws, message)
    return ws


async def broadcast(request):
    ws = web.WebSocketResponse(compress=False, max_msg_size=0)
    await ws.prepare(request)
    members[ws] = True
    async for message in ws:
        for member in list(members):
            await send(member, message)
    del members[ws]
    return ws


async def main():
    app = web.Application()
    app.router.add_get('/echo', echo)
    app.router.add_get('/broadcast', broadcast)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, '127.0.0.1', int(sys.argv[1])).start()
    await asyncio.Event().wait()


run(main())
