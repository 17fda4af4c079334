"""A server with TLS, and clients that do not get through its handshake."""

import base64
import re
import ssl
from pathlib import Path

import pytest
import trustme
from frames import TEXT, close, frame
from interpreters import IMPL, ON_CPYTHON
from raw_client import RawClient
from server_process import Server


@pytest.fixture(scope='module')
def server(server_name, tmp_path_factory):
    folder = tmp_path_factory.mktemp('tls')
    issued = trustme.CA().issue_cert('127.0.0.1')
    issued.private_key_and_cert_chain_pem.write_to_path(folder / 'server.pem')
    for name, blob in (
        ('certificate', issued.cert_chain_pems[0]),
        ('key', issued.private_key_pem),
    ):
        text = re.sub('-----.*?-----', '', blob.bytes().decode())
        (folder / f'{name}.der').write_bytes(base64.b64decode(text))
    server = Server(
        server_name, Path(__file__).with_name('tls_app.py'), 'PORT', IMPL[server_name], folder
    )
    yield server
    server.stop()


def test_echo(server):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server.tls = context
    try:
        client = RawClient(server)
    finally:
        server.tls = None
    client.send(frame(TEXT, 'x' * 40000))
    assert client.frames(1) == [(0x81, b'x' * 40000)]
    client.send(close(1000))
    assert client.frames() == [(0x88, b'\x03\xe8')]
    client.close()


def end_of(client, data):
    """What comes to a client that sends this and waits for the connection's end."""
    client.sendall(data)
    received = b''
    try:
        while more := client.recv(100):
            received += more
    except ConnectionResetError:
        pass
    client.close()
    return received


def test_what_is_no_tls(server):
    """MicroPython's TLS lets go of the socket then, and does not close it."""
    for data in b'GET / HTTP/1.1\r\n\r\n', bytes(100):
        assert b'HTTP' not in end_of(server.connect(), data)
    test_echo(server)


def test_clients_that_stop(server, server_name):
    """They keep nobody waiting, and MicroPython drops them. On CPython asyncio waits a minute."""
    clients = [server.connect() for _ in range(3)]
    for client, data in zip(clients, (b'', b'\x16\x03', b'\x16\x03\x01\x00\x05hello')):
        client.sendall(data)
    test_echo(server)
    for client in clients:
        if server_name not in ON_CPYTHON:
            assert end_of(client, b'') == b''
        client.close()
    test_echo(server)
