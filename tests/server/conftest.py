"""A server process for the tests, on the interpreter that --server names."""

import socket
from pathlib import Path

import pytest
from interpreters import IMPL
from server_process import Server


@pytest.fixture(scope='session')
def server_name(request):
    return request.config.getoption('--server')


@pytest.fixture(scope='session')
def start_server(server_name):
    """start_server(script, *args, **options): see Server."""
    servers = []

    def start(script, *args, **options):
        servers.append(Server(server_name, script, *args, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope='session')
def server(start_server, server_name):
    server = start_server(Path(__file__).with_name('app.py'), 'PORT', IMPL[server_name])
    yield server
    console = server.stop()
    # Only the exceptions that /raise was made for.
    assert console.count('Traceback') == console.count('ValueError: made by a test'), console


@pytest.fixture
def silent_url():
    """Where no connection is accepted, nor refused: the queue of those that wait is full."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for s in waiting:
            s.setblocking(False)
            s.connect_ex(listener.getsockname())
        yield f'ws://127.0.0.1:{listener.getsockname()[1]}/'
        for s in waiting:
            s.close()
