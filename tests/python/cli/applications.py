"""The applications of `microdot-websocket new`, each as a process, and a real client for them."""

import asyncio
import subprocess
import time
import urllib.request
from contextlib import contextmanager

import websockets
from interpreters import command, free_port
from microdot_websocket.cli.new import contents

INTERPRETERS = 'cpython', 'unix'


@contextmanager
def application(app, interpreter, folder):
    """The host and port of an application that runs."""
    port = free_port()
    for name, text in contents(app).items():
        (folder / name).write_text(text.replace('PORT = 5000', f'PORT = {port}'))
    arguments, env = command(interpreter, folder)
    words = ['-m', 'microdot_websocket', 'serve'] if interpreter == 'cpython' else []
    process = subprocess.Popen([*arguments, *words, str(folder / 'main.py')], env=env)
    try:
        yield f'127.0.0.1:{port}'
    finally:
        process.kill()
        process.wait()


async def connect(address, path):
    deadline = time.monotonic() + 20
    while True:
        try:
            return await websockets.connect(f'ws://{address}{path}')
        except OSError:
            assert time.monotonic() < deadline, 'the application does not serve'
            await asyncio.sleep(0.05)


def page(address):
    with urllib.request.urlopen(f'http://{address}/', timeout=10) as response:
        assert response.headers['Content-Type'].startswith('text/html')
        return response.read().decode()
