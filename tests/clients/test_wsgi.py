"""gunicorn with Microdot's wsgi module."""

import asyncio
import signal
from pathlib import Path

import pytest
import websockets
from frames import pattern
from server_process import Server

HERE = Path(__file__).parent
GUNICORN = 'gunicorn', '--bind', '127.0.0.1:PORT', '--no-control-socket'
# One that serves a connection, and one for the other requests meanwhile.
SYNC = '--worker-class', 'sync', '--workers', '2'


def started(*words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('INTERFACE', 'wsgi')
        return Server('cpython', '-m', *GUNICORN, *words, 'asgi_app:app', path=[HERE])


def stopped(server):
    """What it has printed."""
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(20)
    return server.stop()


def test_sync_workers():
    server = started(*SYNC)

    async def main():
        async with websockets.connect(server.url('/echo'), max_size=None) as ws:
            for message in ('é', b'', pattern(1 << 20)):
                await ws.send(message)
                assert await ws.recv() == message
            assert await asyncio.to_thread(server.get, '/ends') == b'{"ends": []}'
            await ws.close(4000, 'done')
            assert (ws.close_code, ws.close_reason) == (4000, '')
        async with websockets.connect(server.url('/close')) as ws:
            await ws.send('x')
            with pytest.raises(websockets.ConnectionClosed):
                await ws.recv()
            assert (ws.close_code, ws.close_reason) == (4002, 'bye é')

    asyncio.run(asyncio.wait_for(main(), 30))
    console = stopped(server)
    assert 'Traceback' not in console, console


def test_workers_with_threads():
    server = started('--worker-class', 'gthread', '--threads', '2')
    with pytest.raises(websockets.InvalidStatus) as caught:
        asyncio.run(asyncio.wait_for(websockets.connect(server.url('/echo')).__aenter__(), 30))
    response = caught.value.response
    assert response.status_code == 501
    line = response.body.decode()
    assert line.startswith('WebSocket: not with this WSGI server')
    console = stopped(server)
    assert console.count(line) == 1
    assert 'Traceback' not in console, console
