"""The programs in examples/, but for their port. Their pages: tests/clients/test_examples.py."""

import asyncio
import hashlib
import http.client
import json
import re
import struct
import subprocess
import urllib.error
import urllib.request
from contextlib import asynccontextmanager

import pytest
import websockets
from connection import frames_to, open_websocket
from example import EXAMPLES, Example
from interpreters import INTERPRETERS, ON_CPYTHON, ROOT, command
from memory_stream import settle

DATA = bytes(range(251)) * (4 * 1024 * 1024 // 251)
#: The smallest heap of a board that each does with, as examples/README.md has it: {name: KiB}.
HEAPS = {
    name: int(kib)
    for name, kib in re.findall(
        r'^\| \[([a-z]+)\].* \| (\d+) KiB \|$', (EXAMPLES / 'README.md').read_text(), re.MULTILINE
    )
}


@pytest.fixture
def run(server_name, tmp_path):
    """run(name, **constants): an Example that has started."""
    examples = []

    def start(name, **options):
        examples.append(Example(name, server_name, tmp_path, **{'GUESS': 0.01, **options}))
        examples[-1].started()
        return examples[-1]

    yield start
    for example in examples:
        example.__exit__()
        assert 'Traceback' not in example.console(), example.console()


async def connect(example, path, **options):
    url = f'ws://127.0.0.1:{example.port}/{path}'
    options = {'max_size': None, 'compression': None, **options}
    for _ in range(200):
        try:
            return await websockets.connect(url, **options)
        except OSError:
            await asyncio.sleep(0.05)
    pytest.fail('the example does not serve')


def get(example, path, cookie='', **form):
    """(status, body, cookie) of a request; a POST if it has a form."""
    data = '&'.join(f'{name}={value}' for name, value in form.items()).encode() if form else None
    url = f'http://127.0.0.1:{example.port}/{path}'
    request = urllib.request.Request(url, data, {'Cookie': cookie} if cookie else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            cookie = (response.headers['Set-Cookie'] or '').partition(';')[0]
            return response.status, response.read(), cookie
    except urllib.error.HTTPError as error:
        return error.code, error.read(), ''


async def upload(example, data, name='board.bin', cut=None):
    """Upload, all of it or the first bytes; how many were there before."""
    digest = hashlib.sha256(data).hexdigest()
    ws = await connect(example, 'upload')
    await ws.send(json.dumps({'name': name, 'size': len(data), 'sha256': digest}))
    first = at = json.loads(await ws.recv())['there']
    while at < len(data):
        piece = data[at : at + 4096]
        await ws.send(piece)
        at += len(piece)
        assert json.loads(await ws.recv()) == {'there': at}
        if cut and at >= cut:
            ws.transport.abort()
            return first
    assert json.loads(await ws.recv()) == {
        'saved': name.replace('/', '_').lstrip('.'),
        'sha256': digest,
    }
    await ws.wait_closed()
    assert ws.close_code == 1000
    return first


def login(example):
    """The cookie for who knows the password; nobody else gets one."""
    password = example.started().rpartition(' ')[2]
    assert get(example, 'login', password=password + 'x')[::2] == (401, '')
    assert get(example, 'login', nothing='x')[::2] == (401, '')
    status, _, cookie = get(example, 'login', password=password)
    assert status == 200 and '=' in cookie
    return cookie


def asked(example, path, origin, cookie=''):
    """The status with which a handshake is answered. (websockets refuses Microdot's HTTP/1.0.)"""
    headers = {
        'Connection': 'Upgrade',
        'Upgrade': 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'x' * 22 + '==',
        'Origin': origin,
        'Cookie': cookie,
    }
    connection = http.client.HTTPConnection('127.0.0.1', example.port, timeout=20)
    connection.request('GET', f'/{path}', headers=headers)
    return connection.getresponse().status


async def signed_in(example, path):
    """A connection of one who is; others are refused, be it a page of another site."""
    cookie = login(example)
    own = f'http://127.0.0.1:{example.port}'
    assert asked(example, path, own) == 401
    assert asked(example, path, own, cookie[:-1]) == 401
    assert asked(example, path, 'http://other.example', cookie) == 403
    return await connect(example, path, origin=own, additional_headers={'Cookie': cookie}), cookie


@asynccontextmanager
async def in_room(example, name, room='Hall'):
    async with await connect(example, f'chat/{room}') as ws:
        await ws.send(name)
        yield ws


async def use_demo(example):
    assert json.loads(get(example, 'info')[1])['max_message'] >= 1024
    async with await connect(example, 'status') as status, await connect(example, 'echo') as ws:
        assert json.loads(await status.recv())['tabs'] == 1
        await ws.send(DATA[:1024])
        assert await ws.recv() == DATA[:1024]


async def use_sensor(example):
    async with await connect(example, 'sensor') as ws:
        assert len(json.loads(await ws.recv())) == 3
        for _ in range(3):
            assert len(await ws.recv()) % 16 == 0


async def use_control(example):
    first, cookie = await signed_in(example, 'control')
    own = f'http://127.0.0.1:{example.port}'
    second = await connect(example, 'control', origin=own, additional_headers={'Cookie': cookie})
    assert json.loads(await first.recv()) == json.loads(await second.recv())
    wrong = {'lamp': 1, 'brightness': 101, 'speed': True, 'other': None}  # none of which is taken
    await first.send(json.dumps(wrong))
    await first.send('{"brightness": 7}')
    await second.send('{"lamp": true}')
    changes = [json.loads(await first.recv()) for _ in range(2)]
    assert changes == [json.loads(await second.recv()) for _ in range(2)]
    assert sorted(changes, key=str) == [{'brightness': 7}, {'lamp': True}]
    await first.close()
    await second.close()


async def use_chat(example):
    async with in_room(example, 'Ann') as ann:
        assert json.loads(await ann.recv()) == {'note': 'Ann has joined', 'there': ['Ann']}
        async with in_room(example, 'Bob') as bob:
            joined = {'note': 'Bob has joined', 'there': ['Ann', 'Bob']}
            assert json.loads(await ann.recv()) == json.loads(await bob.recv()) == joined
            await bob.send('é')
            said = {'name': 'Bob', 'text': 'é', 'there': ['Ann', 'Bob']}
            assert json.loads(await ann.recv()) == json.loads(await bob.recv()) == said
        assert json.loads(await ann.recv()) == {'note': 'Bob has left', 'there': ['Ann']}


async def use_terminal(example):
    ws, _ = await signed_in(example, 'terminal')
    assert ' on ' in await ws.recv()
    for source, output in (
        ('x = 6', ''),
        ('x * 7', '42\n'),
        ('print(x, "é", sep="-", end="!")', '6-é!'),
        ('for i in range(2):\n    print(i)', '0\n1\n'),
        ('raise SystemExit(3)', 'SystemExit: 3\n'),
    ):
        await ws.send(source)
        assert await ws.recv() == output
    await ws.close()


async def use_upload(example):
    await upload(example, DATA[:100000], name='../small')
    assert (example.folder / 'uploads' / '_small').read_bytes() == DATA[:100000]


USES = {
    name: use for key, use in list(globals().items()) if (name := key[4:]) and key[:4] == 'use_'
}


@pytest.mark.parametrize('name', USES)
def test_on_a_small_heap(run, server_name, name):
    """Which README.md names; twice that where all objects take twice as much."""
    interpreter = INTERPRETERS.get(server_name)
    times = 1 if interpreter and 'armhf' in interpreter.program else 2
    example = run(name, heap=f'{HEAPS[name] * times}k')
    assert get(example, '')[1] == (EXAMPLES / name / 'index.html').read_bytes()
    asyncio.run(USES[name](example))


def test_echo(server_name, tmp_path):
    """The smallest application, as Microdot's documentation writes it."""

    async def main(example):
        async with await connect(example, 'echo') as ws:
            for message in ('hello', '', b'\x00'):  # Microdot's own module swallows empty ones
                await ws.send(message)
                assert await ws.recv() == message

    with Example('echo', server_name, tmp_path) as example:
        asyncio.run(main(example))


def test_a_long_upload_that_is_cut_off(run):
    example = run('upload', heap=f'{HEAPS["upload"] * 2}k')
    assert asyncio.run(upload(example, DATA, cut=1000000)) == 0
    assert asyncio.run(upload(example, DATA, cut=2000000)) >= 1000000
    assert asyncio.run(upload(example, DATA)) >= 2000000
    folder = example.folder / 'uploads'
    assert [path.name for path in folder.iterdir()] == ['board.bin']
    assert (folder / 'board.bin').read_bytes() == DATA


def test_two_upload_the_same(run):
    """The first connection may be one that was lost, which the server has not noticed."""
    example = run('upload')

    async def main():
        first = await connect(example, 'upload')
        data = DATA[:20000]
        digest = hashlib.sha256(data).hexdigest()
        await first.send(json.dumps({'name': 'x', 'size': len(data), 'sha256': digest}))
        await first.recv()
        await first.send(data[:4096])
        await first.recv()
        assert await upload(example, data) == 4096
        await first.wait_closed()

    asyncio.run(main())


@pytest.mark.parametrize(
    ('size', 'digest', 'reason'),
    [
        (1 << 60, 'a', 'there is no room for it'),
        (0, 'a', 'the checksum is wrong'),
    ],
)
def test_an_upload_that_is_refused(run, size, digest, reason):
    example = run('upload')

    async def main():
        ws = await connect(example, 'upload')
        await ws.send(json.dumps({'name': 'x', 'size': size, 'sha256': digest}))
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await ws.recv()
        assert ws.close_reason == reason

    asyncio.run(main())
    assert not list((example.folder / 'uploads').iterdir())


def test_what_a_line_prints_is_limited(run):
    example = run('terminal')

    async def main():
        ws, _ = await signed_in(example, 'terminal')
        await ws.recv()
        for source in ('"y" * 5000', 'for i in range(2000): print("yyy")'):
            await ws.send(source)
            assert len(await ws.recv()) == 4000
        await ws.close()

    asyncio.run(main())


def test_who_vanishes_is_announced(run):
    example = run('chat', PING=0.3)

    async def main():
        async with in_room(example, 'Ann') as ann, in_room(example, 'Bob') as bob:
            bob.transport.pause_reading()  # so it answers no pings
            while json.loads(await ann.recv()).get('note') != 'Bob has vanished':
                pass
            bob.transport.abort()

    asyncio.run(main())


def test_a_slow_page_gets_the_newest():
    """What is measured while a row is sent to it passes by, and it stays connected."""
    source = (EXAMPLES / 'sensor' / 'main.py').read_text().partition('\ntry:\n')[0]
    sensor = {'__file__': 'main.py'}
    exec(source, sensor)  # all but what runs it
    sensor['PERIOD'] = 0.001
    rows = sensor['rows'] = sensor['Rows']()

    async def main():
        ws, peer = await open_websocket()
        page = asyncio.ensure_future(sensor['view'].__wrapped__(None, ws))
        await settle()
        assert len(frames_to(peer)) == 1  # what is measured
        peer.give_room(1)
        measuring = asyncio.ensure_future(sensor['measure_on_and_on']())
        while rows.count < 30:
            await asyncio.sleep(0)
        measuring.cancel()
        peer.give_room(None)
        await settle()
        assert not page.done()
        page.cancel()
        return [payload for _, payload in frames_to(peer)]

    numbers = [round(struct.unpack_from('<f', row)[0] * 1000) for row in asyncio.run(main())]
    assert numbers == [0, rows.count - 1]


def test_client(server_name, server):
    """It reports, is told to go away, and comes again."""
    arguments, env = command(server_name)
    if server_name in ON_CPYTHON:
        env['PYTHONUNBUFFERED'] = '1'
    words = [*arguments, str(ROOT / 'examples' / 'client.py'), server.url('/return')]
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
    try:
        # That route ends after one message, and so the connection does.
        for _ in range(2):
            line = process.stdout.readline()
            assert line.startswith('connection closed (close code 1000): again in '), line
    finally:
        process.kill()
        process.wait()
