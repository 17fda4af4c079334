"""A server process for the tests, on the interpreter that --server names."""

import json
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from interpreters import IMPL, ROOT, command, free_port


class Server:
    """A running application; `console` is what it has printed when it has been stopped."""

    def __init__(self, name, script, *args, port, **popen):
        interpreter, env = command(name)
        self.name = name
        self.port = port
        self.process = subprocess.Popen(
            [*interpreter, str(script), *map(str, args)],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **popen,
        )
        self.console = ''
        self.wait()

    def wait(self):
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.connect().close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise RuntimeError(f'{self.name} does not serve: {self.stop()}')

    def connect(self):
        s = socket.create_connection(('127.0.0.1', self.port), timeout=10)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def url(self, path):
        return f'ws://127.0.0.1:{self.port}{path}'

    def get(self, path):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.port}{path}', timeout=10) as response:
            return response.read()

    def ends(self):
        """(path, close code) of the connections that ended since the last call."""
        return json.loads(self.get('/ends'))['ends']

    def stop(self):
        if not self.process.stdout.closed:
            self.process.kill()
            self.console += self.process.communicate()[0]
        return self.console


@pytest.fixture(scope='session')
def server_name(request):
    return request.config.getoption('--server')


@pytest.fixture(scope='session')
def start_server(server_name):
    """start_server(script, *args): 'PORT' among the arguments stands for a free port."""
    servers = []

    def start(script, *args):
        port = free_port()
        args = [port if arg == 'PORT' else arg for arg in args]
        servers.append(Server(server_name, script, *args, port=port, cwd=ROOT))
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
