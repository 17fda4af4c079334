"""A client that comes back:  client_returns_app.py EXPECTED_IMPL URL

It sends a message on each connection, and waits for its end. It prints how it goes: `open` and how
often names were looked up, once the message has come back; `retry`, the seconds, and why; and what
ends it.
"""

import asyncio
import sys

import application  # noqa: F401  installs the package, on CPython
from microdot_websocket import WebSocket, WebSocketError, codec
from microdot_websocket.client import connect

looked_up = 0
if sys.implementation.name == 'micropython':
    import socket

    getaddrinfo = socket.getaddrinfo

    class Socket:
        """In place of the module."""

        SOCK_STREAM = socket.SOCK_STREAM
        socket = socket.socket

        def getaddrinfo(*args):
            global looked_up
            looked_up += 1
            return getaddrinfo(*args)

    sys.modules['socket'] = Socket


def say(*words):
    print(*words)
    if sys.implementation.name == 'cpython':
        sys.stdout.flush()


def on_retry(exc, delay):
    say('retry %.3f %s: %s' % (delay, type(exc).__name__, exc))


async def main(url):
    options = {'min_delay': 0.05, 'max_delay': 3, 'ping_interval': 0.3, 'ping_timeout': 0.3}
    async for ws in connect(url, on_retry=on_retry, close_timeout=0.1, **options):
        try:
            await ws.send('hello')
            assert await ws.receive() == 'hello'
            say('open', looked_up)
            await ws.receive()
        except WebSocketError:
            continue


assert codec.IMPL == sys.argv[1]
WebSocket.handshake_timeout = 0.4
try:
    asyncio.run(main(sys.argv[2]))
except Exception as exc:
    say('ended %s: %s' % (type(exc).__name__, exc))
