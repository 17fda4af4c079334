"""The smallest application, as Microdot's documentation writes it; only its port is another."""

import asyncio
import subprocess
import sys
import time

import pytest
import websockets
from interpreters import ROOT, command, free_port


def start(server_name, script):
    arguments, env = command(server_name)
    if server_name == 'cpython':
        arguments = [sys.executable, '-m', 'microdot_websocket']
    return subprocess.Popen([*arguments, str(script)], env=env)


async def check(port, deadline):
    while True:
        try:
            async with websockets.connect(f'ws://127.0.0.1:{port}/echo') as ws:
                for message in ('hello', '', b'\x00'):  # Microdot's own module swallows empty ones
                    await ws.send(message)
                    assert await ws.recv() == message
                return
        except OSError:
            if time.monotonic() > deadline:
                pytest.fail('examples/echo.py does not serve')
            await asyncio.sleep(0.05)


def test_unchanged_echo(server_name, tmp_path):
    port = free_port()
    source = (ROOT / 'examples' / 'echo.py').read_text()
    assert source.count('app.run()') == 1
    script = tmp_path / 'echo.py'
    script.write_text(source.replace('app.run()', f'app.run(port={port})'))
    process = start(server_name, script)
    try:
        asyncio.run(check(port, time.monotonic() + 10))
    finally:
        process.kill()
        process.wait()
