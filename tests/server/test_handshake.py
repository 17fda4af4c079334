"""The opening handshake over HTTP, as a client meets it."""

import pytest
from connection import request_bytes
from raw_client import RawClient


def head(server, data):
    client = RawClient(server, upgrade=False)
    client.send(data)
    try:
        return client.head().split('\r\n')
    finally:
        client.close()


@pytest.mark.parametrize('path', ['/echo', '/upgrade'])
def test_accepted(server, path):
    lines = head(server, request_bytes(path))
    assert lines[0] == 'HTTP/1.1 101 Switching Protocols'
    assert sorted(lines[1:]) == [
        'Connection: Upgrade',
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'Upgrade: websocket',
    ]


def test_headers_and_cookies(server):
    lines = head(server, request_bytes('/cookie'))
    assert sorted(lines[4:]) == ['Server: board', 'Set-Cookie: session=abc; HttpOnly']


@pytest.mark.parametrize('path', ['/echo', '/upgrade'])
@pytest.mark.parametrize(
    'changes',
    [
        {'version': '1.0'},
        {'Upgrade': None},
        {'Upgrade': 'websockets'},
        {'Connection': 'keep-alive'},
        {'Sec_WebSocket_Key': None},
        {'Sec_WebSocket_Key': 'AAAA'},
    ],
)
def test_refused(server, path, changes):
    assert ' 400 ' in head(server, request_bytes(path, **changes))[0]


@pytest.mark.parametrize('path', ['/echo', '/upgrade'])
def test_other_versions(server, path):
    lines = head(server, request_bytes(path, Sec_WebSocket_Version='8'))
    assert ' 426 ' in lines[0]
    assert 'Sec-WebSocket-Version: 13' in lines


def test_other_methods(server):
    assert ' 405 ' in head(server, request_bytes('/echo', method='POST'))[0]
