"""connect() over sockets: to this project's server, and to that of `websockets`."""

import asyncio
import subprocess
import threading
from http import HTTPStatus
from pathlib import Path

import pytest
import websockets
from interpreters import IMPL, command


def respond(connection, request):
    """To what is no WebSocket."""
    if request.path == '/missing':
        return connection.respond(HTTPStatus.NOT_FOUND, 'nothing here')
    if request.path == '/plain':
        return connection.respond(HTTPStatus.OK, 'plain')


async def echo(ws):
    try:
        async for message in ws:
            await ws.send(message)
    except websockets.ConnectionClosed:
        pass


@pytest.fixture
def websockets_server():
    """The URL of one that echoes, in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def serve():
        return await websockets.serve(
            echo, '127.0.0.1', 0, process_request=respond, compression=None, max_size=None
        )

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result()
    yield f'ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/echo'
    server.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def run(name, *urls):
    """What client_app.py prints on that interpreter."""
    arguments, env = command(name)
    script = Path(__file__).with_name('client_app.py')
    process = subprocess.run(
        [*arguments, str(script), IMPL[name], *urls],
        env=env,
        timeout=120,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return process.stdout


def test_servers(server_name, server, websockets_server):
    expected = f'codec: {IMPL[server_name]}, 12 messages, 120 connections, 0 descriptors left\n'
    assert run(server_name, websockets_server, server.url('/echo')) == expected
    assert run(server_name, server.url('/echo'), websockets_server) == expected
