"""A server that ends while clients are connected: Ctrl-C, app.shutdown(), and shutdown()."""

import asyncio
import signal
import subprocess
from pathlib import Path

import pytest
import websockets


@pytest.fixture
def started(start_server):
    """The server, after what is done with it, by which it has ended.

    The handler of the signal in MicroPython's unix port raises in the middle of whatever runs: one
    Ctrl-C in some 200 is missed, ends in a deadlock, or in a fault. So there is a second try."""

    def run(main):
        for tries in (2, 1, 0):
            server = start_server(Path(__file__).with_name('shutdown_app.py'), 'PORT')
            try:
                main(server)
                if server.process.returncode != -signal.SIGSEGV:
                    break
            except subprocess.TimeoutExpired:
                if not tries:
                    raise
        assert server.process.returncode == 0, server.stop()
        return server

    return run


def interrupt(server):
    server.process.send_signal(signal.SIGINT)


def requested(path):
    return lambda server: server.get(path)


@pytest.mark.parametrize(
    'end, code, reason',
    [
        (interrupt, 1001, ''),
        (requested('/shutdown'), 1001, ''),
        (requested('/restart'), 1012, 'restart'),
    ],
    ids=['ctrl-c', 'app.shutdown', 'shutdown'],
)
def test_clients_are_told(started, end, code, reason):
    async def main(server):
        clients = []
        for _ in range(3):
            client = await websockets.connect(server.url('/ws'), compression=None)
            await client.send('x')
            assert await client.recv() == 'x'
            clients.append(client)
        await asyncio.to_thread(end, server)
        await asyncio.to_thread(server.process.wait, 5)
        for client in clients:
            with pytest.raises(websockets.ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (code, reason)

    server = started(lambda server: asyncio.run(main(server)))
    lines = server.stop().split('\n')
    assert [line for line in lines if line] == ['handler ended'] * 3 + ['the end']


def test_ctrl_c_with_nobody_there(started):
    def main(server):
        interrupt(server)
        server.process.wait(5)

    assert started(main).stop() == 'the end\n'
