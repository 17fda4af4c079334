"""A server process for the tests, on the interpreter that --server names."""

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
