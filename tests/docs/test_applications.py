"""The applications on the pages, each as a process on CPython and on MicroPython, and somebody who
talks to it: CHECKS has who, for each of them."""

import asyncio
import json
import ssl
import subprocess
import sys
import urllib.parse

import pytest
import websockets
from pages import PAGES, applications, blocks
from running import CPYTHON, SECONDS, UNIX, Running


def echo(path='/echo', messages=('hello', '', b'\x00\xff')):
    async def check(app):
        async with await app.connect(path) as ws:
            for message in messages:
                await ws.send(message)
                assert await ws.recv() == message

    return check


def page_and(check, words):
    async def both(app):
        await check(app)
        status, body, headers = await app.get('/')
        assert status == 200
        assert headers['Content-Type'].startswith('text/html')
        assert words in body

    return both


async def chat(app):
    first, second = await app.connect('/chat'), await app.connect('/chat')
    await asyncio.sleep(0.1)
    await first.send('hi')
    assert await second.recv() == 'hi'
    await second.send('there')
    assert await first.recv() == 'there'


async def sensor(app):
    first, second = await app.connect('/sensor'), await app.connect('/sensor')
    values = [json.loads(await first.recv())['celsius'] for _ in range(3)]
    assert all(15 <= value <= 25 for value in values)
    assert 'celsius' in json.loads(await second.recv())


async def control(app):
    assert await app.status('/control') == 401
    status, body, _ = await app.get('/')
    assert (status, 'Log in' in body) == (200, True)

    async def log_in(password):
        data = urllib.parse.urlencode({'password': password}).encode()
        status, _, headers = await app.get('/login', data)
        assert (status, headers['Location']) == (303, '/')
        return headers['Set-Cookie']

    assert await log_in('guess') is None
    cookie = (await log_in('change me')).partition(';')[0]
    _, body, _ = await app.get('/', headers={'Cookie': cookie})
    assert '<title>Control' in body
    headers = {'Cookie': cookie}
    assert await app.status('/control', Cookie=cookie, Origin='http://evil.example') == 403
    own = {'additional_headers': headers, 'origin': f'http://127.0.0.1:{app.port}'}
    first, second = await app.connect('/control', **own), await app.connect('/control', **own)
    for ws in (first, second):
        assert json.loads(await ws.recv()) == {'lamp': False, 'level': 50}
    await first.send('{"lamp": true, "level": 101}')
    for ws in (first, second):
        assert json.loads(await ws.recv()) == {'lamp': True, 'level': 50}
    await second.send('{"level": 7}')
    assert json.loads(await first.recv()) == {'lamp': True, 'level': 7}


async def json_sum(app):
    async with await app.connect('/sum') as ws:
        await ws.send('{"numbers": [1, 2]}')
        assert json.loads(await ws.recv()) == {'sum': 3}
        for wrong in ('no JSON', '{}', '{"numbers": 1}', '[]'):
            await ws.send(wrong)
            assert 'error' in json.loads(await ws.recv())


async def token(app):
    assert await app.status('/echo') == 401
    assert await app.status('/echo', Authorization='Bearer guess') == 401
    for path, headers in ('/echo', {'Authorization': 'Bearer 5a1f0c'}), ('/echo?token=5a1f0c', {}):
        async with await app.connect(path, additional_headers=headers) as ws:
            assert await ws.recv() == 'hello, kitchen'


async def session(app):
    assert await app.status('/me') == 401
    _, _, headers = await app.get('/login', b'user=ada')
    cookie = headers['Set-Cookie'].partition(';')[0]
    assert await app.status('/me', Cookie=cookie, Origin='http://evil.example') == 403
    origin = f'http://127.0.0.1:{app.port}'
    async with await app.connect('/me', additional_headers={'Cookie': cookie}, origin=origin) as ws:
        assert await ws.recv() == 'you are ada'


def counts(path):
    async def check(app):
        first, second = await app.connect(path), await app.connect(path)
        for ws in (first, second):
            a, b = int(await ws.recv()), int(await ws.recv())
            assert b == a + 1
        await first.close()
        assert int(await second.recv()) > 1

    return check


async def rooms(app):
    assert await app.status('/rooms/attic') == 404
    ann, bob = await app.connect('/rooms/kitchen'), await app.connect('/rooms/kitchen')
    eve = await app.connect('/rooms/cellar')
    await asyncio.sleep(0.1)
    await eve.send('nobody here')
    await ann.send('one')
    assert await bob.recv() == 'one'
    await bob.send('two')
    assert await ann.recv() == 'two'
    await bob.close(4000, 'late')
    await app.until_printed(' 4000 late')


async def both_ways(app):
    async with await app.connect('/both') as ws:
        assert await ws.recv() == 'tick 0'
        await ws.send('hello')
        received = [await ws.recv() for _ in range(4)]
        assert 'you said hello' in received
        assert 'tick 1' in received


async def reconnecting(app):
    """The other end is client.py: its server goes and comes back."""
    await app.until_served()
    client = app.start('client.py')
    try:
        await app.until_printed('received: hello')
        app.process.kill()
        app.process.wait()
        await app.until_printed('lost:')
        app.serve()
        await app.until(lambda: app.printed().count('connected\n') > 1, 'connected again')
    finally:
        client.kill()
        client.wait()


async def tls(app):
    await app.until_served()
    context = ssl.create_default_context(cafile=str(app.folder / 'cert.pem'))
    async with await app.connect('/echo', 'wss', ssl=context) as ws:
        await ws.send('hello')
        assert await ws.recv() == 'hello'
    client = app.start('client.py')
    assert await asyncio.to_thread(client.wait, SECONDS) == 0, app.printed()
    assert 'received: hello' in app.printed()


async def shutting_down(app):
    ws = await app.connect('/echo')
    status, body, _ = await app.get('/shutdown', b'')
    assert (status, body) == (200, 'shutting down')
    with pytest.raises(websockets.ConnectionClosed):
        await ws.recv()
    assert ws.close_code == 1001
    assert await asyncio.to_thread(app.process.wait, SECONDS) == 0
    assert 'ended' in app.printed()


async def length(app):
    async with await app.connect('/length') as ws:
        for message in ('', 'hello', b'x' * 1024):
            await ws.send(message)
            assert await ws.recv() == str(len(message))
        await ws.send(b'x' * 1025)
        with pytest.raises(websockets.ConnectionClosed):
            await ws.recv()
        assert ws.close_code == 1009


async def update(app):
    assert await app.status('/update') == 401
    (app.folder / 'new.py').write_text('print("new")\n' * 1000)
    arguments = [sys.executable, 'send.py', 'new.py']
    done = await asyncio.to_thread(
        subprocess.run, arguments, cwd=app.folder, capture_output=True, text=True
    )
    assert done.stdout == 'installed\n', done.stderr
    assert (app.folder / 'app.py').read_text() == 'print("new")\n' * 1000
    await app.until_printed('reset')
    headers = {'Authorization': 'Bearer a long secret of your own'}
    async with await app.connect('/update', additional_headers=headers) as ws:
        await ws.send('0' * 64)
        await ws.send(b'print("broken")')
        with pytest.raises(websockets.ConnectionClosed):
            await ws.recv()
        assert ws.close_code == 4000
    assert 'broken' not in (app.folder / 'app.py').read_text()


async def ended(app):
    ws = await app.connect('/echo')
    await ws.send('hello')
    assert await ws.recv() == 'hello'
    await ws.close(4001, 'enough')
    await app.until_printed('ended: 4001 enough')


def certificate(folder):
    """What the page on TLS tells to type."""
    lines = [block.text for block in blocks('docs/howto/tls.md') if block.language == 'sh']
    subprocess.run(['sh', '-e', '-c', lines[0]], cwd=folder, check=True, stderr=subprocess.DEVNULL)


BEFORE = {'docs/howto/tls.md': certificate}
# For each page, for each application on it: who talks to it, and on which interpreters if not both.
CHECKS = {
    'README.md': [echo()],
    'docs/api.md': [chat],
    'docs/howto/auth.md': [token, (session, CPYTHON)],
    'docs/howto/both-ways.md': [both_ways],
    'docs/howto/broadcast.md': [
        counts('/ticks'),
        (counts('/ticks'), CPYTHON),
        (counts('/presses'), UNIX),
        rooms,
    ],
    'docs/howto/json.md': [json_sum],
    'docs/howto/memory.md': [length],
    'docs/howto/migrate.md': [ended],
    'docs/howto/ota.md': [update],
    'docs/howto/reconnect.md': [reconnecting],
    'docs/howto/shutdown.md': [shutting_down],
    'docs/howto/tls.md': [tls],
    'docs/tutorial/1-echo.md': [page_and(echo(), 'Echo')],
    'docs/tutorial/2-sensor.md': [page_and(sensor, '/sensor')],
    'docs/tutorial/3-control.md': [control],
}


# They need a broker: tests/mqtt/test_page.py.
ELSEWHERE = ('docs/howto/mqtt.md',)


def cases():
    for page in PAGES:
        if page in ELSEWHERE:
            continue
        found = applications(page)
        assert len(found) == len(CHECKS.get(page, ())), f'{page}: applications, and CHECKS for them'
        for i, (files, check) in enumerate(zip(found, CHECKS.get(page, ()))):
            check, *only = check if isinstance(check, tuple) else (check,)
            for interpreter in only or (CPYTHON, UNIX):
                before = BEFORE.get(page, lambda folder: None)
                yield pytest.param(
                    files, before, check, interpreter, id=f'{page}-{i + 1}-{interpreter}'
                )


@pytest.mark.parametrize('files, before, check, interpreter', list(cases()))
def test_application(files, before, check, interpreter, tmp_path):
    before(tmp_path)
    with Running(files, interpreter, tmp_path) as app:
        asyncio.run(asyncio.wait_for(check(app), 2 * SECONDS))
