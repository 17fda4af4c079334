"""Many connections in a small heap: what they keep of it must not be strewn over all the rest."""

from pathlib import Path

import pytest
from connection import request_bytes
from frames import BINARY, frame, pattern
from interpreters import IMPL
from raw_client import RawClient

HEAPS = {'native': '320k', 'python': '384k'}  # of a machine with 64 bits
CONNECTIONS = 8
LENGTH = 64 << 10
HEADERS = {  # as a browser sends them besides
    'Pragma': 'no-cache',
    'Cache_Control': 'no-cache',
    'User_Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
    'Accept_Encoding': 'gzip, deflate',
    'Accept_Language': 'en-US,en;q=0.9',
}


@pytest.fixture
def small_server(start_server, server_name):
    app = Path(__file__).with_name('app.py')
    impl = IMPL[server_name]
    server = start_server(app, 'PORT', impl, heap=HEAPS[impl])
    yield server
    assert 'Traceback' not in server.stop()


def test_a_long_message_finds_room_between_many_connections(small_server):
    def echo(client, data):
        client.send(frame(BINARY, data))
        assert client.frames(1) == [(0x80 | BINARY, data)]

    clients = []
    for _ in range(CONNECTIONS):
        client = RawClient(small_server, upgrade=False)
        clients.append(client)
        client.send(request_bytes('/echo', **HEADERS))
        assert client.head().startswith('HTTP/1.1 101 ')
        for each in clients:
            echo(each, b'x' * 50)
    for each in clients:
        echo(each, pattern(LENGTH))
    for each in clients:
        each.close()
