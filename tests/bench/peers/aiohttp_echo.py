"""An echo server with aiohttp and its C extensions:  aiohttp_echo.py PORT"""

import sys

from aiohttp import WSMsgType, http_websocket, web
from aiohttp._websocket import helpers, mask, reader_c

assert http_websocket.WebSocketReader is reader_c.WebSocketReader
assert helpers.websocket_mask is mask._websocket_mask_cython


async def echo(request):
    ws = web.WebSocketResponse(compress=False, max_msg_size=0)
    await ws.prepare(request)
    async for message in ws:
        if message.type == WSMsgType.BINARY:
            await ws.send_bytes(message.data)
        else:
            await ws.send_str(message.data)
    return ws


app = web.Application()
app.router.add_get('/echo', echo)
web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None, access_log=None)
