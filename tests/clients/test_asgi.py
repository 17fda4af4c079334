"""uvicorn, hypercorn and gunicorn with Microdot's asgi module, and python's clients."""

import asyncio
import signal
import time
from pathlib import Path

import pytest
import websockets
from frames import pattern
from libraries import LIBRARIES, Ended
from microdot_suite import fetch, versions
from server_process import Server

HERE = Path(__file__).parent
UVICORN = 'uvicorn', '--port', 'PORT', '--app-dir', HERE
GUNICORN = 'gunicorn', '--bind', '127.0.0.1:PORT', '--no-control-socket'
SERVERS = {
    'uvicorn': UVICORN,
    'uvicorn-wsproto': (*UVICORN, '--ws', 'wsproto'),
    'uvicorn-oldest': UVICORN,  # with the oldest Microdot
    'hypercorn': ('hypercorn', '--bind', '127.0.0.1:PORT'),
    'gunicorn': (*GUNICORN, '--worker-class', 'asgi'),
}


def started(kind):
    paths = [HERE]
    if kind == 'uvicorn-oldest':
        paths.append(fetch(versions()['microdot-oldest']) / 'src')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('INTERFACE', 'asgi')
        server = Server('cpython', '-m', *SERVERS[kind], 'asgi_app:app', path=paths)
    server.kind = kind
    return server


def stopped(server):
    """What it has printed."""
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(20)
    return server.stop()


@pytest.fixture(scope='module', params=SERVERS)
def server(request):
    server = started(request.param)
    yield server
    console = stopped(server)
    # Of /raise, which is told about.
    assert console.count('Traceback') == console.count("KeyError: 'made by a test'"), console


@pytest.fixture(params=LIBRARIES)
def run(request, server):
    """run(path, check): the check with a client of each library; one that stalls fails."""
    library = LIBRARIES[request.param]

    async def main(path, check):
        async with library.connect(server.url(path), None) as client:
            await check(client)

    return lambda path, check: asyncio.run(asyncio.wait_for(main(path, check), 30))


async def echo(client, *messages):
    for message in messages:
        await client.send(message)
    for message in messages:
        received = await client.receive()
        assert type(received) is type(message)
        assert received == message


def wait_for_end(server, end):
    """Until the server has noticed this one, maybe behind those of other tests' connections."""
    found = []
    deadline = time.monotonic() + 20
    while end not in found:
        assert time.monotonic() < deadline, (end, found)
        time.sleep(0.01)
        found += server.ends()


async def end_of(client):
    with pytest.raises(Ended) as caught:
        await client.receive()
    return caught.value.args


def test_text_and_binary(run):
    async def check(client):
        for message in ('hello', '', b'', b'\x00\xff', 'é€😀' * 1000, pattern(1 << 20)):
            await echo(client, message)
        await echo(client, *[str(i) * i for i in range(100)])

    run('/echo', check)


def test_closed_by_the_client(run, server):
    async def check(client):
        await echo(client, 'x')
        assert await client.close(code, 'done é') == code

    server.ends()
    # Of what a client has said at its end, one tells nothing, and one the code.
    reason = 'done é' if 'uvicorn' in server.kind else ''
    lost = [1006, 'connection lost']
    for code in 1000, 4321:
        end = [code, reason] if code == 4321 else ['behind the loop', code, reason]
        run('/echo', check)
        wait_for_end(server, lost if server.kind == 'hypercorn' else end)


def test_closed_by_the_server(run):
    async def check(client):
        await client.send('x')
        assert await end_of(client) == (4002, 'bye é')

    run('/close', check)


def test_too_big(run, server):
    async def check(client):
        await client.send(pattern((1 << 20) + 1))
        assert await end_of(client) == (1009, 'message too big')

    server.ends()
    run('/echo', check)
    wait_for_end(server, [1009, 'message too big'])


def test_pieces_both_ways(run):
    async def check(client):
        await client.send(b'1234567890')
        assert await client.receive() == '3'
        assert await client.receive() == b'1234567890'

    run('/pieces', check)


def test_a_handler_that_fails(run):
    async def check(client):
        assert await end_of(client) == (1011, '')

    run('/raise', check)


def test_a_ping_is_the_servers_matter(run):
    async def check(client):
        await client.send('x')
        assert await client.receive() == 'under ASGI it is the server that sends pings'
        assert await end_of(client) == (1000, '')

    run('/ping', check)


def test_a_group(server):
    async def main():
        url = server.url('/group')
        async with websockets.connect(url) as a, websockets.connect(url) as b:
            for i in range(20):
                await b.send(f'from b {i}')
                assert await b.recv() == f'from b {i}'
            assert [await a.recv() for _ in range(20)] == [f'from b {i}' for i in range(20)]

    asyncio.run(asyncio.wait_for(main(), 30))


def test_a_subprotocol(server):
    async def main():
        url = server.url('/echo')
        async with websockets.connect(url, subprotocols=['x', 'chat', 'echo']) as ws:
            assert ws.subprotocol == 'echo'
            await ws.send('subprotocol')
            assert await ws.recv() == 'echo'

    asyncio.run(asyncio.wait_for(main(), 30))


def test_who_may_connect(server):
    async def status(path, **options):
        """That of a response, or what the server sends first."""
        try:
            async with websockets.connect(server.url(path), **options) as ws:
                return await ws.recv()
        except websockets.InvalidStatus as exc:
            return exc.response.status_code

    async def main():
        assert await status('/origin', origin='http://a.example') == 'welcome'
        assert await status('/origin', origin='http://b.example') == 403
        assert await status('/upgrade?password=secret') == 'welcome'
        # It has no way to say more.
        only_403 = server.kind == 'gunicorn'
        assert await status('/upgrade') == (403 if only_403 else 401)
        assert await status('/nothing') == (403 if only_403 else 404)
        assert await status('/ends') == 403

    asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize('kind', ['uvicorn', 'uvicorn-wsproto'])
def test_the_server_stops(kind):
    """The others wait for seconds until connections end."""
    server = started(kind)

    async def main():
        async with websockets.connect(server.url('/echo')) as ws:
            await ws.send('x')
            assert await ws.recv() == 'x'
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(websockets.ConnectionClosed):
                await ws.recv()
            assert ws.close_code == 1012

    asyncio.run(asyncio.wait_for(main(), 30))
    console = stopped(server)
    assert 'Traceback' not in console, console
