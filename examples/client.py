"""A board that reports to a server, and connects again whenever it has lost it: client.py URL"""

import asyncio
import sys
import time

from microdot_websocket import WebSocketError
from microdot_websocket.client import connect


async def report(ws):
    async with ws:
        while True:
            await ws.send('up for %d s' % (time.time() - started))
            print(await ws.receive())
            await asyncio.sleep(1)


async def main(url):
    while True:
        try:
            await report(await connect(url))
        except (OSError, WebSocketError) as exc:
            print(exc)
        await asyncio.sleep(2)


started = time.time()
asyncio.run(main(sys.argv[1]))
