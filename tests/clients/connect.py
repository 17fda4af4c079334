"""What test_connect.py runs, on MicroPython or CPython:  connect.py EXPECTED_IMPL URL [AUTHORITY]

AUTHORITY, a DER file, is whom to trust for TLS. It prints what comes of a connection that trusts
nobody in particular; then how many messages connections that trust AUTHORITY have echoed, and how
many file descriptors are left.
"""

import asyncio
import os
import sys

from microdot_websocket import codec
from microdot_websocket.client import connect


async def echo(url, ssl):
    ws = await connect(url, ssl=ssl, max_message_length=0)
    async with ws:
        messages = 'hello', '', b'x' * 126, 'é' * 1000, bytes(range(256)) * 4096
        for message in messages:
            await ws.send(message)
            assert await ws.receive() == message
    assert ws.close_code == 1000, ws.close_code
    if sys.implementation.name == 'cpython':
        await asyncio.sleep(0.1)  # it closes the socket in the background
    return len(messages)


async def outcome(url):
    try:
        ws = await connect(url)
    except Exception as exc:
        return type(exc).__name__
    await ws.close()
    return 'accepted'


async def main(url, authority=None):
    ssl = authority
    if authority:
        print('without an authority:', await outcome(url))
    await echo(url, ssl)  # what is imported and made when it is first needed
    before = len(os.listdir('/proc/self/fd'))
    n = 0
    for _ in range(3):
        n += await echo(url, ssl)
    left = len(os.listdir('/proc/self/fd')) - before
    print('codec: %s, %d messages, %d left' % (codec.IMPL, n, left))


assert codec.IMPL == sys.argv[1]
asyncio.run(main(*sys.argv[2:]))
