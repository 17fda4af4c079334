"""Microdot's asgi module over this package: how a connection begins, and how it ends."""

import asyncio
import subprocess
import sys

import pytest
from asgi_server import CONNECT, Server, accepted, end_of, request_of, run
from memory_stream import settle
from microdot import Response, abort
from microdot.asgi import Microdot
from microdot.microdot import HTTPException
from microdot_websocket import WebSocket, WebSocketError, upgrade, with_websocket
from microdot_websocket.cpython import asgi
from microdot_websocket.server import shutdown
from microdot_websocket.websocket import connections

DENIAL = {'websocket.http.response': {}}
ORIGIN = 'http://a.example'


async def refused(request, options=None):
    """(status, reason) of the HTTPException that an upgrade ends with."""
    try:
        await upgrade.upgrade(request, options)
    except HTTPException as exc:
        return exc.status_code, exc.reason
    raise AssertionError('it was not refused')


def test_an_upgrade():
    async def main():
        server = Server(subprotocols=['x', 'b', 'a'])
        server.feed(CONNECT)
        request = request_of(server, Origin=ORIGIN)
        options = {'subprotocols': ('a', 'b'), 'origins': (ORIGIN,), 'send_timeout': 7}
        ws = await upgrade.upgrade(request, options)
        assert isinstance(ws, WebSocket) and request.websocket is ws and ws.request is request
        assert (ws.subprotocol, ws.send_timeout) == ('a', 7)
        assert await server.messages() == [('accept', {'subprotocol': 'a'})]
        assert ws in connections
        with pytest.raises(RuntimeError, match='upgraded already'):
            await upgrade.upgrade(request)
        await ws.close()
        assert ws not in connections

    run(main())


def test_no_subprotocol():
    async def main():
        for asked in ({}, {'subprotocols': []}, {'subprotocols': ['x']}):
            server = Server(**asked)
            server.feed(CONNECT)
            ws = await upgrade.upgrade(request_of(server), {'subprotocols': ('a',)})
            assert ws.subprotocol is None
            assert await server.messages() == [('accept', {})]

    run(main())


def test_refused():
    async def main():
        server = Server(type='http')
        assert await refused(request_of(server)) == (400, 'WebSocket handshake: bad upgrade')
        server = Server()
        with_body = request_of(server, **{'Content-Length': '5'})
        assert await refused(with_body) == (400, 'WebSocket handshake: bad upgrade')
        for headers in ({}, {'Origin': 'http://b.example'}):
            request = request_of(server, **headers)
            reason = 'WebSocket handshake: this Origin is not allowed'
            assert await refused(request, {'origins': (ORIGIN,)}) == (403, reason)
        with pytest.raises(TypeError):
            await upgrade.upgrade(request_of(server), {'ping_intervall': 5})
        with pytest.raises(ValueError):
            await upgrade.upgrade(request_of(server), {'origins': ('http://a/',)})
        assert await server.messages() == []

    run(main())


def test_too_many_connections(monkeypatch):
    async def main():
        connections.clear()  # of what other tests have left open
        monkeypatch.setattr(WebSocket, 'max_connections', 1)
        ws, first = await accepted()
        server = Server()
        server.feed(CONNECT)
        assert await refused(request_of(server)) == (503, 'too many connections')
        monkeypatch.setattr(WebSocket, 'evict_idle', True)
        await upgrade.upgrade(request_of(server))
        await settle()
        assert await first.messages() == [('close', {'code': 1013, 'reason': ''})]
        assert ws.close_code == 1013

    run(main())


@pytest.mark.parametrize(
    'event', [{'type': 'websocket.disconnect', 'code': 1006}, OSError('made by a test')]
)
def test_a_client_that_goes_before(event):
    async def main():
        server = Server()
        server.feed(event)
        assert await end_of(upgrade.upgrade(request_of(server))) == (1006, 'connection lost')
        assert await server.messages() == []

    run(main())


def test_accepting_fails():
    async def main():
        server = Server()
        server.feed(CONNECT)
        server.error = OSError('made by a test')
        before = len(connections)
        assert await end_of(upgrade.upgrade(request_of(server))) == (1006, 'connection lost')
        assert len(connections) == before

    run(main())


def test_accepting_is_cancelled():
    async def main():
        server = Server()
        server.feed(CONNECT)
        server.blocked = True
        before = len(connections)
        task = asyncio.create_task(upgrade.upgrade(request_of(server)))
        await settle()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(connections) == before

    run(main())


class App:
    """An application, and what its handlers have seen."""

    def __init__(self):
        self.app = app = Microdot()
        self.seen = []

        @app.route('/echo')
        @with_websocket(subprotocols=('a',))
        async def echo(request, ws):
            try:
                async for message in ws:
                    if message == 'end':
                        return
                    if message == 'raise':
                        raise KeyError('made by a test')
                    await ws.send(message)
            except WebSocketError as exc:
                self.seen.append(exc.code)
                raise

        @app.route('/upgrade')
        async def websocket_upgrade(request):
            if request.args.get('before'):
                abort(401, 'who are you?')
            ws = await upgrade.websocket_upgrade(request)
            message = await ws.receive()
            if message == 'abort':
                abort(418)
            if message == 'raise':
                raise KeyError('made by a test')

        @app.route('/text')
        async def text(request):
            return 'text'

        @app.route('/file')
        async def file(request):
            async def body():
                yield 'not asked for'

            return Response(body(), 409, {'Set-Cookie': ['a=b', 'c=d']})

    async def answers(self, *messages, path='/echo', query=b'', code=None, **changes):
        """What is sent to a client that sends messages, and ends the connection with a code."""
        server = Server(path=path, query_string=query, **changes)
        server.feed(CONNECT, *messages)
        serving = asyncio.create_task(server.serve(self.app))
        if code:
            await settle()
            server.disconnect(code=code)
        await serving
        return await server.messages()


def test_with_websocket(capsys):
    async def main():
        app = App()
        accept = 'accept', {}
        assert await app.answers('a', b'b', code=1000) == [accept, 'a', b'b']
        assert await app.answers('a', subprotocols=['a'], code=1000) == [
            ('accept', {'subprotocol': 'a'}),
            'a',
        ]
        assert await app.answers('end') == [accept, ('close', {'code': 1000, 'reason': ''})]
        assert capsys.readouterr().err == ''
        assert await app.answers('raise') == [accept, ('close', {'code': 1011, 'reason': ''})]
        assert 'KeyError' in capsys.readouterr().err
        assert await app.answers(code=4000) == [accept]
        assert await app.answers(code=1006) == [accept]
        assert app.seen == [4000, 1006]
        assert capsys.readouterr().err == ''

    run(main())


def test_websocket_upgrade(capsys):
    async def main():
        app = App()
        accept = 'accept', {}
        for message, code in (('a', 1000), ('abort', 1011), ('raise', 1011)):
            end = 'close', {'code': code, 'reason': ''}
            assert await app.answers(message, path='/upgrade') == [accept, end]
        assert await app.answers(path='/upgrade', code=1000) == [accept]

    run(main())


def test_requests_that_are_not_upgraded():
    async def main():
        app = App()

        async def status(path, **changes):
            (kind, start), (_, body) = await app.answers(path=path, extensions=DENIAL, **changes)
            assert kind == 'start'
            return start['status'], body['body']

        assert await status('/nothing') == (404, b'Not found')
        assert await status('/upgrade', query=b'before=1') == (401, b'who are you?')
        assert await status('/file') == (409, b'')  # it may be without end
        close = [('close', {})]  # which the server answers 403
        assert await app.answers(path='/text', extensions=DENIAL) == close
        for extensions in ({}, {'extensions': None}, {'extensions': {'tls': {}}}):
            assert await app.answers(path='/nothing', **extensions) == close

    run(main())


def test_headers_of_a_refusal():
    async def main():
        start, _ = await App().answers(path='/file', extensions=DENIAL)
        headers = start[1]['headers']
        assert headers[:2] == [(b'set-cookie', b'a=b'), (b'set-cookie', b'c=d')]
        start, _ = await App().answers(path='/nothing', extensions=DENIAL)
        assert (b'content-length', b'9') in start[1]['headers']

    run(main())


def test_a_client_that_does_not_wait_for_its_refusal():
    async def main():
        server = Server(path='/nothing')
        server.feed(CONNECT)
        server.error = OSError('gone')
        await server.serve(App().app)
        assert await server.messages() == []

    run(main())


def test_plain_requests():
    """They are Microdot's matter."""

    async def main():
        app = App()
        for path, status in (('/text', 200), ('/echo', 400)):
            server = Server(type='http', path=path, method='GET')
            server.feed({'type': 'http.disconnect'})
            await server.serve(app.app)
            assert server.sent[0]['status'] == status
            assert server.sent[-1]['type'] == 'http.response.body'

    run(main())


@pytest.mark.parametrize('path', ['/echo', '/upgrade'])
def test_the_server_stops(path):
    async def main():
        server = Server(path=path)
        server.feed(CONNECT)
        task = asyncio.create_task(server.serve(App().app))
        await settle()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settle()
        going_away = 'close', {'code': 1001, 'reason': ''}
        assert await server.messages() == [('accept', {}), going_away]

    run(main())


def test_the_server_stops_before_the_upgrade():
    async def main():
        app = Microdot()

        @app.route('/')
        async def wait(request):
            await asyncio.Event().wait()

        server = Server()
        task = asyncio.create_task(server.serve(app))
        await settle()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await server.messages() == []

    run(main())


def test_shutdown_of_an_application():
    async def main():
        app = App()
        server = Server(path='/echo')
        server.feed(CONNECT)
        task = asyncio.create_task(server.serve(app.app))
        await settle()
        await shutdown(app.app, 1012, 'soon back')
        await task
        end = 'close', {'code': 1012, 'reason': 'soon back'}
        assert await server.messages() == [('accept', {}), end]

    run(main())


# From here on in processes of their own, since Microdot's module holds its classes from its import
# on.

BEGIN = 'import microdot_websocket as w\n'
APPLICATION = """
import asyncio
from microdot import Response
from microdot.asgi import Microdot, websocket_upgrade, with_websocket
MORE
from asgi_server import CONNECT, Server

app = Microdot()

@app.route('/with')
@with_websocket
async def echo(request, ws):
    assert isinstance(ws, w.WebSocket)
    async for data in ws:
        if data == 'raise':
            1 / 0
        await ws.send(data)
    await ws.close()
    print('behind the loop', ws.close_code)

@app.route('/upgrade')
async def upgrade(request):
    ws = await websocket_upgrade(request)
    if await ws.receive() == 'raise':
        1 / 0

@app.after_request
def cookie(request, response):
    assert request.headers['Connection'] == 'keep-alive, Upgrade'
    response.set_cookie('a', 'b')

async def main(path, text):
    server = Server(path=path)
    server.scope['headers'] = [(b'connection', b'keep-alive'), (b'connection', b'Upgrade')]
    server.feed(CONNECT, text)
    if path == '/with' and text == 'a':
        server.disconnect(code=1000)
    await server.serve(app)
    print(await server.messages())

for path in '/with', '/upgrade':
    for text in 'a', 'raise':
        asyncio.run(main(path, text))
assert 'Set-Cookie' not in Response.already_handled.headers
"""


def python(tests, code):
    """A process that imports from tests/, its folder."""
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=tests)


def test_the_functions_of_microdots_module(pytestconfig):
    code = BEGIN + 'w.install()\n' + APPLICATION.replace('MORE', '')
    process = python(pytestconfig.rootpath / 'tests', code)
    assert process.returncode == 0, process.stderr
    failed = ('close', {'code': 1011, 'reason': ''})
    ended = ('close', {'code': 1000, 'reason': ''})
    assert process.stdout.splitlines() == [
        'behind the loop 1000',
        str([('accept', {}), 'a']),
        str([('accept', {}), failed]),
        str([('accept', {}), ended]),
        str([('accept', {}), failed]),
    ]
    assert process.stderr.count('ZeroDivisionError') == 2


OURS = """
from microdot_websocket import websocket_upgrade, with_websocket
"""


@pytest.mark.parametrize('first', ['w', 'microdot.asgi'])
def test_without_install(pytestconfig, first):
    """In whichever order the modules are imported, the package's functions work."""
    begin = BEGIN if first == 'w' else 'import microdot.asgi\n' + BEGIN
    process = python(pytestconfig.rootpath / 'tests', begin + APPLICATION.replace('MORE', OURS))
    assert process.returncode == 0, process.stderr
    assert len(process.stdout.splitlines()) == 5


MICRODOTS = """
import asyncio
from microdot.asgi import Microdot, with_websocket
from asgi_server import CONNECT, Server

app = Microdot()

@app.route('/')
@with_websocket
async def echo(request, ws):
    print(type(ws).__module__)
    await ws.send(await ws.receive())

async def main():
    server = Server()
    server.feed(CONNECT, b'a')
    await server.serve(app)
    print(await server.messages())

asyncio.run(main())
"""


def test_microdots_own_connections_are_left_alone(pytestconfig):
    """Of whom has not called install(), and uses its functions."""
    process = python(pytestconfig.rootpath / 'tests', BEGIN + MICRODOTS)
    assert process.stderr == ''
    assert process.stdout == f'microdot.asgi\n{[("accept", {}), b"a", ("close", {})]}\n'


def test_nothing_is_imported_without_asgi():
    code = 'import sys, microdot_websocket as w; w.install(); print(*sys.modules)'
    process = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    modules = process.stdout.split()
    assert 'microdot_websocket.cpython.main' in modules
    for name in 'asgi', 'asgi_protocol', 'wsgi':
        assert f'microdot_websocket.cpython.{name}' not in modules
    assert 'microdot.asgi' not in modules


def test_a_class_of_the_applications_own():
    """It is Microdot's asgi class that is adapted, once."""

    class Application(Microdot):
        pass

    assert Application.dispatch_request is Microdot.dispatch_request
    assert asgi.WebSocket.__mro__[1] is WebSocket
