"""An echo server with websockets and its C extension, which broadcasts too:

websockets_echo.py PORT [--uvloop]
"""

import asyncio
import sys

from loops import run
from websockets import frames, speedups
from websockets.asyncio.server import broadcast, serve
from websockets.exceptions import ConnectionClosed

assert frames.apply_mask is speedups.apply_mask

members = {}


async def echo(ws):
    async for message in ws:
        await ws.send(message)


async def to_all(ws):
    members[ws] = True
    try:
        async for message in ws:
            broadcast(members, message)
    finally:
        del members[ws]


async def handler(ws):
    try:
        await (to_all if ws.request.path == '/broadcast' else echo)(ws)
    except ConnectionClosed:
        pass


async def main():
    async with serve(handler, '127.0.0.1', int(sys.argv[1]), compression=None, max_size=None):
        await asyncio.Event().wait()


run(main())
