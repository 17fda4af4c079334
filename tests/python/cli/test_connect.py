"""With an application that `serve` runs."""

import socket
import subprocess
import sys
import time

import pytest

APP = """\
from microdot import Microdot
from microdot_websocket import with_websocket

app = Microdot()


@app.route('/echo')
@with_websocket(subprotocols=('chat',))
async def echo(request, ws):
    await ws.send(request.headers.get('X-Name', 'nobody'))
    async for message in ws:
        if message == 'end':
            return await ws.close(4000, 'enough')
        await ws.send(message.encode() if message == 'binary' else message)


app.run(host='127.0.0.1', port=%d)
"""
COMMAND = sys.executable, '-m', 'microdot_websocket'


@pytest.fixture(scope='module')
def url(tmp_path_factory):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    app = tmp_path_factory.mktemp('app') / 'app.py'
    app.write_text(APP % port)
    with subprocess.Popen([*COMMAND, 'serve', str(app)]) as process:
        try:
            for _ in range(300):
                time.sleep(0.1)
                with socket.socket() as s:
                    if not s.connect_ex(('127.0.0.1', port)):
                        break
            yield f'ws://127.0.0.1:{port}'
        finally:
            process.terminate()


def connect(*words, typed=''):
    return subprocess.run(
        [*COMMAND, 'connect', *words], input=typed, capture_output=True, text=True, timeout=60
    )


def test_messages(url):
    done = connect(f'{url}/echo', typed='hello\nbinary\n')
    assert done.stdout == 'nobody\nhello\n62 69 6e 61 72 79\nclosed: 1000\n'
    assert (done.returncode, done.stderr) == (0, '')


def test_options(url):
    options = '--header', 'X-Name: Ada', '--subprotocol', 'chat', '--ping'
    lines = connect(f'{url}/echo', *options).stdout.splitlines()
    assert lines[:2] == ['subprotocol: chat', 'Ada']
    assert lines[2].startswith('ping: ') and lines[2].endswith(' ms')


def test_the_server_closes(url):
    done = connect(f'{url}/echo', typed='end\n')
    assert done.stdout == 'nobody\nclosed: 4000 enough\n'
    assert done.returncode == 1


def test_errors(url):
    done = connect(f'{url}/nothing')
    assert done.returncode == 1
    assert 'the server refused: HTTP/1.0 404' in done.stderr
    done = connect('ws://127.0.0.1:1/')
    refused = 'the connection was refused: does a server run there?'
    assert done.stderr == f'microdot-websocket: ws://127.0.0.1:1/: {refused}\n'
    done = connect('localhost:5000')
    assert done.stderr.count('localhost:5000') == 1
    done = connect(url, '--header', 'none')
    assert done.stderr == 'microdot-websocket: --header none: it must be NAME: VALUE\n'
