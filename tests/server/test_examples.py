"""The programs in examples/, but for their port."""

import asyncio
import hashlib
import subprocess
import sys
import time

import pytest
import websockets
from interpreters import HEAP, INTERPRETERS, ROOT, command, free_port


class Example:
    """One that runs, in a folder of its own. `path`: where its WebSocket is."""

    def __init__(self, name, server_name, folder, heap=HEAP):
        source = (ROOT / 'examples' / f'{name}.py').read_text()
        assert source.count('app.run()') == 1
        self.port = free_port()
        script = folder / f'{name}.py'
        script.write_text(source.replace('app.run()', f'app.run(port={self.port})'))
        arguments, env = command(server_name, heap=heap)
        if server_name == 'cpython':
            arguments = [sys.executable, '-m', 'microdot_websocket']
        self.process = subprocess.Popen([*arguments, str(script)], env=env, cwd=folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    async def connect(self, path, **options):
        deadline = time.monotonic() + 10
        while True:
            try:
                url = f'ws://127.0.0.1:{self.port}{path}'
                return await websockets.connect(url, compression=None, **options)
            except OSError:
                if time.monotonic() > deadline:
                    pytest.fail('the example does not serve')
                await asyncio.sleep(0.05)


def test_echo(server_name, tmp_path):
    """The smallest application, as Microdot's documentation writes it."""

    async def main(example):
        async with await example.connect('/echo') as ws:
            for message in ('hello', '', b'\x00'):  # Microdot's own module swallows empty ones
                await ws.send(message)
                assert await ws.recv() == message

    with Example('echo', server_name, tmp_path) as example:
        asyncio.run(main(example))


def small_heap(server_name):
    """64 KB, and twice as much where all objects take twice as much."""
    interpreter = INTERPRETERS.get(server_name)
    return '64k' if interpreter and 'armhf' in interpreter.program else '128k'


def test_upload(server_name, tmp_path):
    """4 MiB through a heap of 64 KB."""
    data = bytes(range(251)) * (4 * 1024 * 1024 // 251)

    fragments = [data[i : i + 10000] for i in range(0, len(data), 10000)]

    async def main(example):
        for message in (data, b'', fragments):
            async with await example.connect('/upload') as ws:
                await ws.send(message)
                whole = data if message is fragments else message
                digest = hashlib.sha256(whole).hexdigest()
                assert await ws.recv() == f'{len(whole)} bytes, SHA-256 {digest}'
                assert (tmp_path / 'upload.bin').read_bytes() == whole

    with Example('upload', server_name, tmp_path, small_heap(server_name)) as example:
        asyncio.run(main(example))


def test_client(server_name, server):
    """It reports, is told to go away, and comes again."""
    arguments, env = command(server_name)
    if server_name == 'cpython':
        env['PYTHONUNBUFFERED'] = '1'
    words = [*arguments, str(ROOT / 'examples' / 'client.py'), server.url('/return')]
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
    try:
        # That route ends after one message, and so the connection does.
        assert [process.stdout.readline() for _ in range(2)] == ['connection closed (1000)\n'] * 2
    finally:
        process.kill()
        process.wait()


def test_chat(server_name, tmp_path):
    async def main(example):
        first = await example.connect('/chat', subprotocols=['other', 'chat'])
        assert first.subprotocol == 'chat'
        assert await first.recv() == '1 here'
        second = await example.connect('/chat')
        assert second.subprotocol is None
        assert await first.recv() == await second.recv() == '2 here'
        await first.send('hello')
        await second.send(b'\x00')
        assert await second.recv() == 'hello'
        assert await first.recv() == b'\x00'
        await second.close()
        assert await first.recv() == '1 here'
        await first.close()

    with Example('chat', server_name, tmp_path) as example:
        asyncio.run(main(example))
