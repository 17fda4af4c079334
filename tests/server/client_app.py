"""What the client tests run:  client_app.py EXPECTED_IMPL SILENT_URL URL ...

It echoes messages with each server, then opens and ends many connections in all ways; the last line
tells what it did, and how many file descriptors are open at the end but were not at the start.
At SILENT_URL no connection is ever accepted.
"""

import asyncio
import os
import socket
import sys

import application  # noqa: F401  installs the package, on CPython
from microdot_websocket import WebSocket, WebSocketError, codec
from microdot_websocket.client import connect, parse_url


def descriptors():
    return len(os.listdir('/proc/self/fd'))


async def echo(url):
    ws = await connect(url, max_message_length=0)
    async with ws:
        for data in ('hello', '', b'x' * 126, 'é' * 1000, bytes(range(256)) * 4096):
            await ws.send(data)
            assert await ws.receive() == data
        await ws.send_stream(['in ', 'fragments'])
        assert await ws.receive() == 'in fragments'
    assert ws.close_code == 1000, ws.close_code
    return 6


async def end_in_all_ways(url):
    ws = await connect(url)
    await ws.close()
    ws = await connect(url, close_timeout=0)
    await ws.close(4000, 'enough')
    ws = await connect(url)
    await ws.send(b'', ws.CLOSE)
    await ws.close()
    for path in ('/missing', '/plain'):
        try:
            await connect(url[: url.rfind('/')] + path)
        except WebSocketError as exc:
            assert exc.status_code in (404, 200), exc
    for address in '127.0.0.1:9', '255.255.255.255':  # refused in a moment, or at once
        try:
            await connect('ws://%s/' % address)
        except OSError:
            pass
    ws = await connect(url, close_timeout=1000)
    closing = asyncio.create_task(ws.close())
    await asyncio.sleep(0)
    closing.cancel()  # while it waits for the Close
    for _ in range(5):
        await asyncio.sleep(0)  # CPython closes some turns later
    assert ws.closed
    await ws.close()  # there is nothing more to wait for
    return 8


async def over_own_sockets(url):
    """That the application has connected, once itself, once with asyncio."""
    _, host, port, _, _, _ = parse_url(url)

    async def connected():
        s = socket.socket()
        s.connect(socket.getaddrinfo(host, port)[0][-1])
        return s

    async def streams():
        return await asyncio.open_connection(host, port)

    for sock in await connected(), await streams(), connected, streams:
        async with connect(url, sock=sock) as ws:
            await ws.send('hello')
            assert await ws.receive() == 'hello'
    # Of IPv6, as a socket has it: where there is no such network, too.
    async with connect(url.replace('127.0.0.1', '[::ffff:127.0.0.1]')) as ws:
        await ws.send('hello')
        assert await ws.receive() == 'hello'
    return 5


async def time_out(url):
    WebSocket.handshake_timeout = 0.02
    try:
        await connect(url)
    except WebSocketError as exc:
        assert exc.reason == 'the handshake timed out', exc
    else:
        raise AssertionError('it was accepted')
    finally:
        WebSocket.handshake_timeout = 10
    return 1


async def main(silent, *urls):
    messages = connections = 0
    await end_in_all_ways(urls[0])  # what is imported and made when it is first needed
    before = descriptors()
    for url in urls:
        messages += await echo(url)
    for _ in range(20):
        connections += await end_in_all_ways(urls[0])
        connections += await over_own_sockets(urls[0])
        connections += await time_out(silent)
    print(
        'codec: %s, %d messages, %d connections, %d descriptors left'
        % (codec.IMPL, messages, connections, descriptors() - before)
    )


assert codec.IMPL == sys.argv[1]
asyncio.run(main(*sys.argv[2:]))
