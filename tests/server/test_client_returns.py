"""A client that comes back, to a server that is killed, restarted, frozen, and does not want it."""

import asyncio
import re
import signal
import socket
import threading
from http import HTTPStatus
from pathlib import Path

import pytest
import websockets
from client_process import Client
from interpreters import IMPL, ON_CPYTHON, free_port

HERE = Path(__file__).parent


@pytest.fixture
def serve(start_server, server_name):
    """serve(port): the server of the other tests, on that port."""
    app = HERE / 'app.py'

    def start(port):
        return start_server(app, 'PORT', IMPL[server_name], port=port)

    return start


def test_a_server_that_is_killed_and_restarted(server_name, serve):
    """The name is looked up once, on MicroPython, which it stops."""
    port = free_port()
    look_ups = 0 if server_name in ON_CPYTHON else 1
    with Client(server_name, f'ws://127.0.0.1:{port}/echo') as client:
        client.until_retry('OSError|ConnectionRefusedError')  # before there is a server
        for _ in range(2):
            server = serve(port)
            assert client.until_open() == look_ups
            server.stop()
            client.until_retry('^WebSocketError: connection lost')
            client.until_retry('OSError|ConnectionRefusedError')


def test_a_server_that_ends_its_connections(server_name, server):
    with Client(server_name, server.url('/return')) as client:
        for _ in range(3):
            client.until_retry('^WebSocketError: connection closed .close code 1000.')


def test_a_server_that_freezes(server_name, serve):
    """To the client this is a network that swallows all that is sent: pings find it out, and then
    there are connections on which nothing comes."""
    server = serve(free_port())
    with Client(server_name, server.url('/echo')) as client:
        client.until_open()
        server.process.send_signal(signal.SIGSTOP)
        try:
            client.until_retry('^WebSocketError: ping timed out')
            client.until_retry('^WebSocketError: the handshake timed out')
        finally:
            server.process.send_signal(signal.SIGCONT)
        client.until_open()


def test_a_server_that_no_connection_reaches(server_name, silent_url):
    with Client(server_name, silent_url) as client:
        for _ in range(2):
            client.until_retry('^WebSocketError: the handshake timed out')


async def echo(ws):
    async for message in ws:
        await ws.send(message)


@pytest.fixture
def refusing():
    """A server that refuses connections with the next of `statuses`, while there are some."""

    class Refusing:
        statuses = []

        def respond(self, connection, request):
            if self.statuses:
                return connection.respond(HTTPStatus(self.statuses.pop(0)), 'not now')

    async def serve():
        return await websockets.serve(
            echo, '127.0.0.1', 0, process_request=this.respond, compression=None
        )

    this = Refusing()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(serve(), loop).result()
    this.url = f'ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/'
    yield this
    server.close()
    asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def test_a_server_that_is_busy(server_name, refusing):
    refusing.statuses = [503, 500, 429, 502]
    with Client(server_name, refusing.url) as client:
        client.until_open()
        found = [re.search('HTTP/1.1 ([0-9]+)', reason)[1] for reason in client.reasons]
        assert found == ['503', '500', '429', '502']


def test_a_server_that_does_not_want_this_client(server_name, refusing):
    refusing.statuses = [503, 401]
    with Client(server_name, refusing.url) as client:
        client.until_retry(' 503 ')
        assert client.line().startswith('ended WebSocketError: the server refused: HTTP/1.1 401 ')


def test_a_server_that_speaks_something_else(server_name):
    """It answers with what is no HTTP, and is replaced by one that does."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        listener.settimeout(60)
        with Client(server_name, f'ws://127.0.0.1:{listener.getsockname()[1]}/') as client:
            for answer in (b'rubbish\r\n\r\n', b'', b'HTTP/1.1 101 Yes\r\n\r\n'):
                connection, _ = listener.accept()
                connection.recv(1000)
                connection.sendall(answer)
                connection.close()
                client.until_retry('^WebSocketError: (the server refused: rubbish|bad handshake)')
