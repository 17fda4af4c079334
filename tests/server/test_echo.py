"""A real client library and raw sockets against the echo of a Microdot application."""

import asyncio
import signal
import socket
import struct
import time

import pytest
import websockets
from connection import request_bytes
from frames import BINARY, CONT, PING, TEXT, close, frame, header, pattern
from interpreters import ON_CPYTHON
from raw_client import RawClient
from websockets.exceptions import ConnectionClosed

PATHS = '/echo', '/upgrade'


def client(server, path, **options):
    return websockets.connect(
        server.url(path), compression=None, max_size=None, ping_interval=None, **options
    )


@pytest.mark.parametrize('path', PATHS)
def test_messages(server, path):
    async def main():
        async with client(server, path) as ws:
            for message in ('', b'', 'hello', b'\x00\xff', 'é€😀' * 1000):
                await ws.send(message)
                assert await ws.recv() == message
            for n in (125, 126, 1023, 1024, 1025, 2047, 2048, 65535, 65536, 1 << 20):
                await ws.send(pattern(n))
                assert await ws.recv() == pattern(n)
            await ws.send(['frag', 'men', '', 'ts'])
            assert await ws.recv() == 'fragments'
            await (await ws.ping(b'x' * 125))

    asyncio.run(main())


@pytest.mark.parametrize('path', PATHS)
def test_close_code_and_reason_are_echoed(server, path):
    async def main():
        async with client(server, path) as ws:
            await ws.close(4321, 'bye é')
            assert ws.close_code == 4321
        with RawClient(server, path).socket as s:
            s.sendall(close(4321, 'bye é'))
            assert s.recv(100) == b'\x88\x02\x10\xe1'
            assert s.recv(100) == b''

    server.ends()
    asyncio.run(main())
    if path == '/echo':
        assert server.ends() == [['/echo', 4321]] * 2


@pytest.mark.parametrize(('path', 'code'), [('/return', 1000), ('/raise', 1011)])
def test_after_the_handler(server, path, code):
    async def main():
        async with client(server, path) as ws:
            await ws.send('x')
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert ws.close_code == code

    asyncio.run(main())


@pytest.mark.parametrize('path', ['/cancelled', '/cancelled-upgrade'])
def test_a_cancelled_handler(server, path):
    """The client is told, and the TCP connection is closed."""
    client = RawClient(server, path)
    assert client.frames() == [(0x81, b'open'), (0x88, b'\x03\xe9')]  # and the end
    client.close()


def test_an_error_handler_that_raises(server):
    client = RawClient(server, '/error-handler-raises')
    assert client.frames() == [(0x88, b'\x03\xf3')]  # and the end
    client.close()


def test_too_big(server):
    async def main():
        async with client(server, '/echo') as ws:
            try:
                await ws.send(bytes((1 << 20) + 1))
                await ws.recv()
            except ConnectionClosed:
                pass
            assert (ws.close_code, ws.close_reason) == (1009, 'message too big')

    asyncio.run(main())


def test_no_limit_but_the_heap(server):
    client = RawClient(server, '/unlimited')
    client.send(frame(BINARY, bytes(1 << 20)))
    assert client.frames(1) == [(0x81, b'1048576')]
    # More than any machine's heap on CPython; more than the 4 MB that the tests give MicroPython.
    for length in (1 << 62,) if server.name in ON_CPYTHON else (5 << 20, 0x3FFFFFFF, 1 << 62):
        client = RawClient(server, '/unlimited')
        client.send(header(BINARY, length))
        opcode, payload = client.frames(1)[0]
        assert (opcode, payload[:2]) == (0x88, b'\x03\xf1')
        client.close()


def test_many_frames_in_one_segment(server):
    client = RawClient(server)
    payloads = [b'%d' % i for i in range(500)]
    client.send(b''.join([frame(BINARY, payload) for payload in payloads]))
    assert [payload for _, payload in client.frames(500)] == payloads
    client.close()


def test_byte_by_byte(server):
    client = RawClient(server)
    data = (
        frame(TEXT, 'é', fin=False)
        + frame(PING, b'p')
        + frame(CONT, '€')
        + frame(BINARY, bytes(130))
    )
    client.send(data, step=1)
    assert client.frames(3) == [(0x8A, b'p'), (0x81, 'é€'.encode()), (0x82, bytes(130))]
    client.close()


def test_pipelined_with_the_handshake(server):
    client = RawClient(server, upgrade=False)
    client.send(request_bytes('/echo') + frame(TEXT, 'early'))
    assert client.head().startswith('HTTP/1.1 101 ')
    assert client.frames(1) == [(0x81, b'early')]
    client.close()


@pytest.mark.parametrize(
    ('data', 'code'),
    [
        (frame(TEXT, 'x', key=None), 1002),
        (frame(TEXT, 'x', rsv=4), 1002),
        (frame(3, b''), 1002),
        (frame(PING, bytes(126)), 1002),
        (frame(BINARY, bytes(5), form=16), 1002),
        (frame(CONT, b'x'), 1002),
        (frame(TEXT, b'\xff'), 1007),
        (header(TEXT, 100000) + frame(TEXT, b'\xc0' * 3)[6:], 1007),
        (header(BINARY, 1 << 63), 1009),
        (header(BINARY, (1 << 20) + 1), 1009),
        (close(1005), 1002),
    ],
)
def test_errors(server, data, code):
    server.ends()
    client = RawClient(server)
    client.send(data)
    opcode, payload = client.frames(1)[0]
    assert (opcode, int.from_bytes(payload[:2], 'big')) == (0x88, code)
    if data[0] != 0x88:  # a Close is answered and that is all, even a bad one
        client.send(close(code))
    assert client.frames() == []  # and the server closes the connection
    client.close()
    assert server.ends() == [['/echo', code]]


def test_disconnects(server):
    """Anywhere in a frame: by a FIN, a half-close and a reset."""
    server.ends()
    data = frame(TEXT, 'x' * 200)
    for n in (0, 1, 2, 3, 4, 7, 8, 9, 100, len(data) - 1):
        for how in ('close', 'half-close', 'reset'):
            client = RawClient(server)
            client.send(data[:n])
            if how == 'reset':
                linger = struct.pack('ii', 1, 0)
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            if how == 'half-close':
                client.socket.shutdown(socket.SHUT_WR)
                assert client.socket.recv(100) == b''  # the server closes too, and says nothing
            client.close()
    probe = RawClient(server)
    probe.send(frame(TEXT, 'still there'))
    assert probe.frames(1) == [(0x81, b'still there')]
    probe.close()
    ends = server.ends()
    assert ends and set(map(tuple, ends)) == {('/echo', 1006)}


def test_a_dead_connection_sends_nothing_to_the_next(server):
    """Its senders wait for room in its socket when another connection gets the file descriptor."""
    dead = RawClient(server, '/background')
    time.sleep(0.5)  # all buffers are full by then
    server.process.send_signal(signal.SIGSTOP)
    clients = [RawClient(server, upgrade=False) for _ in range(3)]
    for client in clients:
        client.send(request_bytes('/echo') + frame(TEXT, 'mine'))
    dead.socket.shutdown(socket.SHUT_WR)
    server.process.send_signal(signal.SIGCONT)
    for client in clients:
        assert client.head().startswith('HTTP/1.1 101 ')
        assert client.frames(1) == [(0x81, b'mine')]
        client.send(close(1000))
        assert client.frames() == [(0x88, b'\x03\xe8')]
        client.close()
    dead.close()


def test_senders_do_not_interleave(server):
    client = RawClient(server, '/senders')
    frames = client.frames(200)
    assert len(frames) >= 200
    seen = {}
    for first, payload in frames[:200]:
        i, k = payload[:2]
        assert first == 0x82
        assert payload[2:] == bytes([i]) * 30000
        assert seen.get(i, -1) == k - 1  # each task's own messages in order
        seen[i] = k
    assert seen == dict.fromkeys(range(10), 19)
    client.close()


def test_a_slow_reader_loses_nothing(server):
    async def main():
        async with client(server, '/echo') as ws:
            messages = [pattern(200000 + i) for i in range(20)]

            async def send():
                for message in messages:
                    await ws.send(message)

            task = asyncio.create_task(send())
            await asyncio.sleep(0.3)
            for message in messages:
                assert await ws.recv() == message
            await task

    asyncio.run(main())


def test_many_connections(server):
    async def main():
        async def one(i):
            async with client(server, '/echo') as ws:
                for k in range(10):
                    message = bytes([i, k]) * (1 + 97 * k)
                    await ws.send(message)
                    assert await ws.recv() == message

        await asyncio.gather(*[one(i) for i in range(30)])

    asyncio.run(main())
