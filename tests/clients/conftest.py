"""One server without TLS and one with it, on MicroPython with the natmod."""

import subprocess
from pathlib import Path

import pytest
from certificate import Certificate
from interpreters import IMPL, command
from server_process import Server

HERE = Path(__file__).parent
INTERPRETER = 'unix'
COMPRESSING = 'unix-firmware'  # which has _wsdeflate built in
HEAP = '16m'  # Chromium sends 1 MiB in fragments: the growing message, and its copy to str


@pytest.fixture(scope='session')
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp('certificate'))


@pytest.fixture(scope='session', params=['ws', 'wss'])
def server(request, certificate):
    words = ['PORT', IMPL[INTERPRETER], HERE]
    tls = None
    if request.param == 'wss':
        words += [certificate.certificate, certificate.key]
        tls = certificate.client_context()
    server = Server(INTERPRETER, HERE / 'app.py', *words, tls=tls, heap=HEAP, target='clients')
    yield server
    console = server.stop()
    # A browser opens connections in advance, and drops them: Microdot prints tracebacks of that.
    assert 'microdot_websocket/websocket.py' not in console, console


@pytest.fixture(scope='session')
def compressing_server():
    """Without TLS, which that interpreter has not."""
    program, env = command(COMPRESSING, target='clients-compressing')
    test = 'import deflate; print(hasattr(deflate.DeflateIO, "write"))'
    assert subprocess.run([*program, '-c', test], env=env, capture_output=True).stdout == b'True\n'
    words = 'PORT', IMPL[COMPRESSING], HERE
    server = Server(COMPRESSING, HERE / 'app.py', *words, heap=HEAP, target='clients-compressing')
    yield server
    assert 'Traceback' not in server.stop()
