"""The programs in examples/, but for their port."""

import asyncio
import hashlib
import subprocess
import time

import pytest
import websockets
from interpreters import HEAP, INTERPRETERS, ROOT, command, free_port
from remote import compile_module


class Example:
    """One that runs, in a folder of its own. `path`: where its WebSocket is."""

    def __init__(self, name, server_name, folder, heap=HEAP):
        source = (ROOT / 'examples' / f'{name}.py').read_text()
        call, wanted = (('app.run()', 'app.run(port=%d)'), ('run(app)', 'run(app, port=%d)'))[
            name != 'echo'
        ]
        assert source.count(call) == 1
        self.port = free_port()
        script = folder / f'{name}.py'
        script.write_text(source.replace(call, wanted % self.port))
        arguments, env = command(server_name, folder, heap=heap)
        words = ['-m', name]
        if server_name == 'cpython':
            words = ['-m', 'microdot_websocket', str(script)]
        else:  # a small heap has no room for the compiler's needs too
            compile_module(script, folder)
            script.unlink()
        self.process = subprocess.Popen([*arguments, *words], env=env, cwd=folder)

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


DATA = bytes(range(251)) * (4 * 1024 * 1024 // 251)


async def upload(example, message, data):
    async with await example.connect('/upload') as ws:
        await ws.send(message)
        digest = hashlib.sha256(data).hexdigest()
        assert await ws.recv() == f'{len(data)} bytes, SHA-256 {digest}'


def test_upload(server_name, tmp_path):
    async def main(example):
        fragments = [DATA[i : i + 10000] for i in range(0, len(DATA), 10000)]
        for message, data in ((DATA, DATA), (b'', b''), (fragments, DATA)):
            await upload(example, message, data)
            assert (tmp_path / 'upload.bin').read_bytes() == data

    with Example('upload', server_name, tmp_path) as example:
        asyncio.run(main(example))


def test_upload_through_a_small_heap(server_name, tmp_path):
    """4 MiB through 64 KB; twice that where all objects take twice as much."""
    interpreter = INTERPRETERS.get(server_name)
    heap = '64k' if interpreter and 'armhf' in interpreter.program else '128k'
    with Example('upload', server_name, tmp_path, heap) as example:
        asyncio.run(upload(example, DATA, DATA))
    assert (tmp_path / 'upload.bin').read_bytes() == DATA


def test_client(server_name, server):
    """It reports, is told to go away, and comes again."""
    arguments, env = command(server_name)
    if server_name == 'cpython':
        env['PYTHONUNBUFFERED'] = '1'
    words = [*arguments, str(ROOT / 'examples' / 'client.py'), server.url('/return')]
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
    try:
        # That route ends after one message, and so the connection does.
        lines = [process.stdout.readline() for _ in range(2)]
        assert lines == ['connection closed (close code 1000)\n'] * 2
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
