"""An echo server with websockets and its C extension:  websockets_echo.py PORT"""

import asyncio
import sys

from websockets import frames, speedups
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

assert frames.apply_mask is speedups.apply_mask


async def echo(ws):
    try:
        async for message in ws:
            await ws.send(message)
    except ConnectionClosed:
        pass


async def main():
    async with serve(echo, '127.0.0.1', int(sys.argv[1]), compression=None, max_size=None):
        await asyncio.Event().wait()


asyncio.run(main())
