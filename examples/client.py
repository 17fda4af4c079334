"""A board that reports to a server, and connects again whenever it has lost it: client.py URL"""

import asyncio
import sys
import time

from microdot_websocket import WebSocketError
from microdot_websocket.client import connect


def on_retry(exc, delay):
    print('%s: again in %.1f s' % (exc, delay))


async def main(url):
    async for ws in connect(url, on_retry=on_retry):
        try:
            while True:
                await ws.send('up for %d s' % (time.time() - started))
                print(await ws.receive())
                await asyncio.sleep(1)
        except WebSocketError:
            continue


started = time.time()
asyncio.run(main(sys.argv[1]))
