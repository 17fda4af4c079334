"""The wheel that is released, in new environments with nothing on PATH, takes a board to an echo.

With the oldest and the newest CPython that this machine has.
"""

import subprocess

import pytest
from interpreters import ROOT
from pythons import pythons

ECHO = """\
import asyncio
from microdot import Microdot
from microdot.test_client import TestClient
from microdot.websocket import with_websocket
from microdot_websocket import codec

app = Microdot()


@app.route('/echo')
@with_websocket
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


async def client():
    reply = yield 'hello'
    print(reply, codec.IMPL)


asyncio.run(TestClient(app).websocket('/echo', client))
"""


def oldest_and_newest():
    found = pythons()
    return [found[version] for version in sorted({min(found), max(found)})]


@pytest.mark.parametrize('python', oldest_and_newest())
def test_from_the_wheel_to_an_echo(python, board, tmp_path):
    subprocess.run([python, '-m', 'venv', tmp_path / 'venv'], check=True)
    [wheel] = (ROOT / 'dist').glob('*-py3-none-any.whl')
    program = tmp_path / 'venv' / 'bin' / 'python'
    subprocess.run([program, '-m', 'pip', 'install', '--quiet', wheel], check=True)
    (tmp_path / 'app.py').write_text(ECHO)
    board.mpremote('exec', 'import os; "lib" in os.listdir() or os.mkdir("lib")')
    board.mpremote('fs', 'rm', '-r', ':/lib')

    def tool(command, *words):
        """What it prints; it finds no other program."""
        line = [program.with_name('microdot-websocket'), command, '--device', board.device, *words]
        env = {'PATH': str(tmp_path), 'HOME': str(tmp_path)}
        done = subprocess.run(line, env=env, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert 'native codec: armv6m' in tool('install', '--with', 'test_client')
    assert tool('run', 'app.py') == 'hello native\n'
