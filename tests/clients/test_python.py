"""websockets and aiohttp."""

import asyncio

import pytest
from frames import pattern
from libraries import LIBRARIES, Ended

MIB = 1 << 20


@pytest.fixture(params=LIBRARIES)
def run(request, server):
    """run(path, check): the check with a client of each library; one that stalls fails."""
    return runner(LIBRARIES[request.param], server)


def runner(library, server):
    async def main(path, check):
        async with library.connect(server.url(path), server.tls) as client:
            assert bool(client.extensions) == (path == '/compressed')
            await check(client)

    return lambda path, check: asyncio.run(asyncio.wait_for(main(path, check), 30))


async def echo(client, *messages):
    """All of the messages in flight at once."""

    async def send():
        for message in messages:
            await client.send(message)

    sending = asyncio.create_task(send())
    for message in messages:
        received = await client.receive()
        assert type(received) is type(message)
        assert received == message
    await sending


def test_text_and_binary(run):
    async def check(client):
        for message in ('hello', '', b'', b'\x00\xff', 'é€😀' * 1000, '\x00\uffff'):
            await echo(client, message)
        for n in (1, 125, 126, 1023, 1024, 1025, 2047, 2048, 16384, 65535, 65536):
            await echo(client, pattern(n))
        assert await client.close(1000, '') == 1000

    run('/echo', check)


def test_a_mebibyte(run):
    async def check(client):
        await echo(client, pattern(MIB))
        await echo(client, 'é' * (MIB // 2))

    run('/echo', check)


def test_many_in_flight(run):
    async def check(client):
        messages = [pattern(i * 37 % 3000) for i in range(500)]
        messages[::5] = ['é€😀' * i for i in range(0, 500, 5)]
        await echo(client, *messages)
        await echo(client, pattern(MIB), pattern(MIB - 1), 'x' * MIB, pattern(MIB - 2))

    run('/echo', check)


def test_senders_at_once(run):
    async def check(client):
        for i in range(40):
            await client.send(f'echo {i}')
        following = {'echo': 0}
        for _ in range(80):
            message = await client.receive()
            if isinstance(message, str):
                sender, number = 'echo', int(message.removeprefix('echo '))
            else:
                sender, number = message[:2]
                assert message == bytes([sender, number]) * 50000
            assert following.get(sender, 0) == number
            following[sender] = number + 1
        assert following == {'echo': 40, **dict.fromkeys(range(5), 8)}

    run('/senders', check)


def test_pings_both_ways(run):
    async def check(client):
        await client.ping(b'')
        await client.ping(pattern(125))
        await echo(client, 'one', 'two', 'three')

    run('/ping', check)


def test_closed_by_the_client(run, server):
    async def check(client):
        await echo(client, 'x')
        assert await client.close(4321, 'done é') == 4321

    server.ends()
    run('/echo', check)
    assert server.ends() == [[4321, 'done é']]


def test_closed_by_the_server(run):
    async def check(client):
        await client.send('x')
        with pytest.raises(Ended) as caught:
            await client.receive()
        assert caught.value.args == (4002, 'bye é')

    run('/close', check)


def test_too_big(run):
    async def check(client):
        await client.send(pattern(MIB + 1))
        with pytest.raises(Ended) as caught:
            await client.receive()
        assert caught.value.args == (1009, 'message too big')

    run('/echo', check)


def test_reconnect(run):
    for i in range(10):
        run('/echo', lambda client, i=i: echo(client, f'connection {i}'))


async def compressed(client):
    for message in ('hello', '', b'', 'é€😀' * 1000, pattern(5000), 'x' * MIB, bytes(MIB)):
        await echo(client, message)
    await echo(client, *['{"i": %d}' % i * i for i in range(200)])
    await client.send(bytes(MIB + 1))
    with pytest.raises(Ended) as caught:
        await client.receive()
    assert caught.value.args == (1009, 'message too big')


def test_compressed(run):
    run('/compressed', compressed)


@pytest.mark.parametrize('library', LIBRARIES)
def test_compressed_both_ways(library, compressing_server):
    runner(LIBRARIES[library], compressing_server)('/compressed', compressed)
