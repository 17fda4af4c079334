"""Microdot's wsgi module over this package: the socket that gunicorn hands over, and servers that
have none for a WebSocket."""

import io
import socket
import threading

import pytest
from connection import HEADERS
from frames import CLOSE, TEXT, close, frame, parse
from microdot import Response
from microdot.wsgi import Microdot
from microdot_websocket import with_websocket
from microdot_websocket.cpython import wsgi


def environ(**changes):
    values = {
        'REQUEST_METHOD': 'GET',
        'PATH_INFO': '/',
        'SERVER_PROTOCOL': 'HTTP/1.1',
        'REMOTE_ADDR': 'x',
        'wsgi.errors': io.StringIO(),
        'wsgi.multithread': False,
    }
    for name, value in HEADERS.items():
        values['HTTP_' + name.upper().replace('-', '_')] = value
    return {**values, **changes}


def application():
    app = Microdot()

    @app.route('/')
    @with_websocket
    async def echo(request, ws):
        async for message in ws:
            await ws.send(message)

    @app.route('/text')
    async def text(request):
        return 'text'

    return app


def answer(app, values):
    """(status, body) of a request."""
    status = []
    body = app(values, lambda line, headers: status.append(int(line.split()[0])))
    return status[0], b''.join(body)


@pytest.fixture(autouse=True)
def already_handled(monkeypatch):
    """Microdot's wsgi module edits the one that there is."""
    monkeypatch.setattr(Response, 'already_handled', Response())


@pytest.fixture
def pair():
    """The two ends of a connection."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(20)
    with ours, theirs:
        yield ours, theirs


def until_end(sock):
    data = b''
    while True:
        part = sock.recv(1 << 16)
        if not part:
            return data
        data += part


@pytest.mark.parametrize('closes', [True, False])
def test_the_socket_of_gunicorn(pair, closes):
    ours, theirs = pair
    app = application()
    found = []

    def serve():
        found.append(answer(app, environ(**{'gunicorn.socket': ours})))

    thread = threading.Thread(target=serve)
    thread.start()
    data = theirs.recv(1 << 16)
    assert data.startswith(b'HTTP/1.1 101 ')
    theirs.sendall(frame(TEXT, 'a'))
    assert parse(theirs.recv(100)) == [(0x80 | TEXT, b'a')]
    if closes:
        theirs.sendall(close(4000))
        assert parse(until_end(theirs)) == [(0x80 | CLOSE, b'\x0f\xa0')]
    else:
        theirs.close()
    thread.join(20)
    # What gunicorn writes now is in vain: nothing comes behind the Close.
    assert found == [(200, b'')]
    with pytest.raises(BrokenPipeError):
        ours.sendall(b'HTTP/1.1 200 OK\r\n')


def test_a_bad_handshake_leaves_the_connection(pair):
    ours, theirs = pair
    app = application()
    values = environ(**{'gunicorn.socket': ours})
    for name, value, status in (
        ('HTTP_SEC_WEBSOCKET_KEY', 'x', 400),
        ('HTTP_SEC_WEBSOCKET_VERSION', '8', 426),
        ('SERVER_PROTOCOL', 'HTTP/1.0', 400),
    ):
        assert answer(app, {**values, name: value})[0] == status
    assert answer(app, environ(PATH_INFO='/text')) == (200, b'text')
    ours.sendall(b'x')
    assert theirs.recv(9) == b'x'


@pytest.mark.parametrize('threads', [True, False])
def test_where_it_cannot_be(pair, threads):
    changes = {'gunicorn.socket': pair[0], 'wsgi.multithread': True} if threads else {}
    values = environ(**changes)
    status, body = answer(application(), values)
    assert status == 501
    assert body.startswith(b'WebSocket: not with this WSGI server; gunicorn with sync workers')
    assert values['wsgi.errors'].getvalue() == body.decode() + '\n'


def test_end_of_a_socket_that_has_ended(pair):
    ours, _ = pair
    wsgi.end(ours)
    ours.close()
    wsgi.end(ours)
