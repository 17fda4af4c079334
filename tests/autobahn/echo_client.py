"""The client that Autobahn|Testsuite tests:  echo_client.py URL AGENT EXPECTED_IMPL"""

import asyncio
import sys

from microdot_websocket import WebSocketError, codec
from microdot_websocket.client import connect


async def case(url):
    # Group 9 sends messages of up to 16 MiB.
    ws = await connect(url, max_message_length=16 << 20, compression=True)
    async with ws:
        try:
            async for message in ws:
                await ws.send(message)
        except WebSocketError:
            pass


async def main(url, agent):
    ws = await connect(url + '/getCaseCount')
    count = int(await ws.receive())
    await ws.close()
    for i in range(1, count + 1):
        await case('%s/runCase?case=%d&agent=%s' % (url, i, agent))
    await case('%s/updateReports?agent=%s' % (url, agent))


url, agent, impl = sys.argv[1:]
if codec.IMPL != impl:
    sys.exit('this client is for the %s codec, but codec.IMPL is %s' % (impl, codec.IMPL))
asyncio.run(main(url, agent))
