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


# A message of 1 MiB is there two or three times: in 4 MB a few small objects in the middle, which
# lie there by chance, would be in the way.
HEAP = '8m'


@pytest.fixture
def own_server(start_server, server_name):
    """Not that of the other tests, whose long messages need a heap that nothing is strewn over."""
    app = Path(__file__).with_name('app.py')
    server = start_server(app, 'PORT', IMPL[server_name], heap=HEAP)
    yield server
    assert 'Traceback' not in server.stop()


def run(name, *urls):
    """What client_app.py prints on that interpreter."""
    arguments, env = command(name, heap=HEAP)
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


def test_servers(server_name, own_server, websockets_server, silent_url):
    """Of each kind, with messages of up to 1 MiB. Nothing is left open, however it ended."""
    expected = f'codec: {IMPL[server_name]}, 12 messages, 280 connections, 0 descriptors left\n'
    url = own_server.url('/upgrade')
    assert run(server_name, silent_url, websockets_server, url) == expected
    assert run(server_name, silent_url, url, websockets_server) == expected
