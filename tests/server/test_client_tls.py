"""connect() verifies who it talks to: to servers with certificates of all kinds."""

import asyncio
import datetime
import socket
import ssl
import threading

import pytest
import trustme
import websockets
from certificates import self_signed
from client_process import outcomes
from interpreters import ON_CPYTHON


async def echo(ws):
    async for message in ws:
        await ws.send(message)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Two authorities, and files for servers."""
    folder = tmp_path_factory.mktemp('certificates')
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / 'authority.pem')
    other = trustme.CA()
    other.cert_pem.write_to_path(folder / 'other.pem')
    both = (folder / 'other.pem').read_bytes() + (folder / 'authority.pem').read_bytes()
    (folder / 'both.pem').write_bytes(both)

    def years(first, last):
        days = datetime.datetime(first, 1, 1), datetime.datetime(last, 1, 1)
        return dict(zip(('not_before', 'not_after'), days))

    for name, identity, dates in (
        ('good', '127.0.0.1', {}),
        ('wrong', 'elsewhere.example', {}),
        ('expired', '127.0.0.1', years(2020, 2021)),
        ('early', '127.0.0.1', years(2046, 2048)),
    ):
        issued = authority.issue_cert(identity, **dates)
        issued.private_key_and_cert_chain_pem.write_to_path(folder / f'{name}-server.pem')
    self_signed(folder / 'own.pem', folder / 'own-server.pem')
    der = ssl.PEM_cert_to_DER_cert((folder / 'authority.pem').read_text())
    (folder / 'authority.der').write_bytes(der)
    return folder


@pytest.fixture(scope='module')
def urls(folder):
    """{name of a server's certificate: the URL where it is}"""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def serve(context):
        return await websockets.serve(echo, '127.0.0.1', 0, ssl=context, compression=None)

    found, servers = {}, []
    for name in 'good', 'wrong', 'expired', 'early', 'own':
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / f'{name}-server.pem')
        servers.append(asyncio.run_coroutine_threadsafe(serve(context), loop).result())
        found[name] = f'wss://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}/'
    yield found
    for server in servers:
        server.close()
        asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@pytest.fixture
def plain_url():
    """A server that answers anything as one of HTTP would."""

    def serve():
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            connection.recv(1000)
            connection.sendall(b'HTTP/1.1 400 Bad Request\r\n\r\n')
            connection.close()

    listener = socket.create_server(('127.0.0.1', 0))
    thread = threading.Thread(target=serve)
    thread.start()
    yield f'wss://127.0.0.1:{listener.getsockname()[1]}/'
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()


def test_who_is_trusted(server_name, folder, urls):
    authority = str(folder / 'authority.pem')
    found = outcomes(
        server_name,
        (urls['good'], {'ssl': authority}),
        (urls['good'], {'ssl': str(folder / 'authority.der')}),
        (urls['good'], {'ssl': str(folder / 'both.pem')}),
        (urls['good'], {'pem': authority}),
        (urls['own'], {'ssl': str(folder / 'own.pem')}),
        *((url, {'ssl': False}) for url in urls.values()),
    )
    assert found == ['hello'] * (5 + len(urls))


def test_who_is_not(server_name, folder, urls):
    """Each is one error, and nothing is left open."""
    authority = str(folder / 'authority.pem')
    tries = [
        (urls['good'], {'ssl': str(folder / 'other.pem')}),
        (urls['wrong'], {'ssl': authority}),
        (urls['expired'], {'ssl': authority}),
        (urls['early'], {'ssl': authority}),
        (urls['own'], {'ssl': authority}),
        (urls['good'], {'ssl': str(folder / 'own.pem')}),
    ]
    if server_name in ON_CPYTHON:
        tries.append((urls['good'], {}))  # the system's authorities
    found = outcomes(server_name, *tries)
    assert [text for text in found if 'WebSocketError: bad certificate: ' not in text] == []
    words = ['trusted', 'match', 'expired', 'future']
    if server_name in ON_CPYTHON:
        words = ['verify failed', 'not valid for', 'expired', 'not yet valid']
    for text, word in zip(found, words):
        assert word in text


def test_what_is_no_certificate(server_name, folder, urls):
    (folder / 'empty').write_bytes(b'')
    (folder / 'rubbish').write_bytes(b'rubbish')
    tries = [(urls['good'], {'ssl': str(folder / name)}) for name in ('empty', 'rubbish')]
    found = outcomes(server_name, *tries, (urls['good'], {'ssl': str(folder / 'none')}))
    errors = [text.partition(':')[0] for text in found]
    assert errors[:2] == ['ValueError'] * 2
    assert errors[2] in ('OSError', 'FileNotFoundError')


def test_no_tls_there(server_name, folder, plain_url):
    """A server that does not speak it: no connection, whatever the interpreter calls that."""
    (text,) = outcomes(server_name, (plain_url, {'ssl': str(folder / 'authority.pem')}))
    assert text.startswith(('OSError', 'SSLError')), text
