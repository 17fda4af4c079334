"""Clients that break the rules or just stop. After each the next one is served, and neither memory
nor a task is left behind."""

import json
import socket
import struct
import time
from pathlib import Path

import pytest
from connection import request_bytes
from frames import BINARY, CONT, PING, TEXT, close, frame, header, pattern
from interpreters import IMPL, ON_CPYTHON
from raw_client import RawClient

# Bytes of MicroPython's heap that may be in use more than before: less than a connection, which has
# 4.6 KB here. All these tests together may leave no more than that.
HEAP = 4 * 1024


@pytest.fixture(scope='module')
def bad_server(start_server, server_name):
    server = start_server(Path(__file__).with_name('bad_peers_app.py'), 'PORT', IMPL[server_name])
    # All that is imported or made when first needed; MicroPython's poller never shrinks again.
    for client in [RawClient(server) for _ in range(100)]:
        client.close()
    for _ in range(2):
        stall(server, frame(BINARY, bytes(300))[:-1])
        greedy(server)
    first = settled(server)
    yield server
    server.before = first
    assert is_back(server), (first, measure(server))
    console = server.stop()
    assert 'Traceback' not in console, console


@pytest.fixture
def server(bad_server):
    bad_server.before = settled(bad_server)
    yield bad_server
    client = RawClient(bad_server)
    client.send(frame(TEXT, 'still there'))
    assert client.frames(1) == [(0x81, b'still there')]
    client.send(close())
    client.close()
    assert is_back(bad_server), (bad_server.before, measure(bad_server))


def is_back(server):
    """Whether memory and tasks are where they were, or soon will be."""
    deadline = time.monotonic() + 10
    while not same(server, server.before, measure(server)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def settled(server):
    """What measure() gives once nothing falls any more: connections may still be ending."""
    seen = [measure(server)]
    while len(seen) < 4 or min(seen[:-3]) > min(seen[-3:]):
        time.sleep(0.05)
        seen.append(measure(server))
    return seen[-1]


def measure(server):
    return json.loads(server.get('/measure'))['measure']


def same(server, before, after):
    slack = 0 if server.name in ON_CPYTHON else HEAP
    return after[0] <= before[0] + slack and after[1] <= before[1]


def reset(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    client.close()


def stall(server, data, code=1008):
    """Send `data` and then nothing more: the Close that comes."""
    client = RawClient(server)
    client.send(data)
    opcode, payload = client.frames()[-1]
    client.close()
    assert (opcode, int.from_bytes(payload[:2], 'big')) == (0x88, code)
    return payload[2:].decode()


def greedy(server, path='/echo'):
    """Send without reading until the server drops the connection; the bytes that it took."""
    client = RawClient(server, path)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sent = 0
    data = frame(BINARY, pattern(60000))
    try:
        while sent < 1 << 28:
            sent += client.socket.send(data[sent % len(data) :])
    except OSError:
        pass
    client.close()
    return sent


def test_a_frame_that_never_ends(server):
    for data in (b'\x82', header(BINARY, 70000), frame(BINARY, pattern(70000))[:-1]):
        assert stall(server, data) == 'message timed out'


def test_the_task_lets_go_of_a_connection_that_has_ended(server):
    """MicroPython's queue keeps some tasks that have ended; CPython's event loop keeps none."""
    if server.name not in ON_CPYTHON:
        assert stall(server, b'\x82') == 'message timed out'
        deadline = time.monotonic() + 10
        while json.loads(server.get('/kept'))['kept']:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_frame_that_dribbles(server):
    """A byte now and then does not count as getting on."""
    client = RawClient(server)
    client.socket.settimeout(0.05)
    # Short: after many connections at once MicroPython's queue keeps ended tasks for a while, which
    # lie all over the heap (py/pairheap.h does not clear child_last): no room for 100 KB.
    client.send(header(BINARY, 20000))
    for _ in range(400):
        client.send(b'x')
        try:
            client.received += client.socket.recv(100)
            break
        except TimeoutError:
            pass
    assert client.received[:4] == b'\x88\x13\x03\xf0'
    client.close()


def test_a_handshake_that_never_ends(server):
    request = request_bytes('/echo')
    for n in (0, 1, 30, len(request) - 1):
        client = RawClient(server, upgrade=False)
        client.send(request[:n])
        assert client.head().split()[1] == '400'
        client.close()


def test_a_handshake_that_dribbles(server):
    client = RawClient(server, upgrade=False)
    client.socket.settimeout(0.02)
    for byte in request_bytes('/echo', Padding='x' * 1000):
        client.send(bytes([byte]))
        try:
            client.received += client.socket.recv(100)
            break
        except TimeoutError:
            pass
    assert client.received.split()[1] == b'400'
    client.close()


def test_fragments_without_end(server):
    for part in (b'', b'x'):
        client = RawClient(server)
        client.send(frame(TEXT, part, fin=False) + frame(CONT, part, fin=False) * 1000)
        opcode, payload = client.frames(1)[0]
        assert (opcode, payload) == (0x88, b'\x03\xf0too many fragments')
        client.send(close(1008))
        client.close()


def test_lengths_that_lie(server):
    for length in ((1 << 17) + 1, 0x3FFFFFFF, 0x40000000, 0xFFFFFFFF, 1 << 32, 1 << 63):
        client = RawClient(server)
        client.send(header(BINARY, length))
        opcode, payload = client.frames(1)[0]
        assert (opcode, payload[:2]) == (0x88, b'\x03\xf1')
        client.close()


def test_a_flood_of_pings(server):
    client = RawClient(server)
    for _ in range(40):
        client.send(frame(PING, b'x' * 125) * 50)
        assert client.frames(50) == [(0x8A, b'x' * 125)] * 50
    reset(client)


def test_a_flood_of_pings_and_nobody_reads_the_pongs(server):
    client = RawClient(server)
    data = frame(PING, b'x' * 125) * 500
    with pytest.raises(OSError):
        for _ in range(4000):
            client.socket.sendall(data)
    client.close()


def test_a_client_that_never_reads(server):
    """What the server takes is bounded by the buffers of the system."""
    assert greedy(server) < 1 << 25


def test_a_client_that_never_reads_what_many_tasks_send(server):
    client = RawClient(server, '/push')
    for pause in (0.5, 2, 8):  # all longer than send_timeout, but the machine may be busy
        time.sleep(pause)
        if ends(client, within=1 << 25):  # more than the system keeps for it
            break
    else:
        pytest.fail('the server goes on sending')
    client.close()


def ends(client, within):
    """Whether the server's end is reached within a number of bytes."""
    received = 0
    try:
        while received < within:
            data = client.socket.recv(1 << 20)
            received += len(data)
            if not data:
                return True
    except ConnectionResetError:
        return True
    return False


def test_a_cut_anywhere_in_a_frame(server):
    data = frame(TEXT, 'x' * 300, fin=False) + frame(PING, b'p') + frame(CONT, 'y')
    cuts = [*range(10), 100, *range(len(data) - 16, len(data))]
    for n in cuts:
        for how in ('fin', 'rst', 'half-close'):
            client = RawClient(server)
            client.send(data[:n])
            if how == 'rst':
                reset(client)
                continue
            if how == 'half-close':
                client.socket.shutdown(socket.SHUT_WR)
                while client.socket.recv(100):
                    pass
            client.close()


def test_a_thousand_connects_and_disconnects(server):
    for i in range(1000):
        client = RawClient(server, upgrade=i % 5 > 0)
        if i % 5 == 2:
            client.send(frame(TEXT, 'x'))
        if i % 5 == 3:
            client.send(close(1001))
            assert client.frames() == [(0x88, b'\x03\xe9')]
        if i % 5 == 4:
            reset(client)
        else:
            client.close()
