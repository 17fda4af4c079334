"""The part in Python of the transport of the extension, over sockets. With the extension only; what
holds for all transports is in test_transport_cpython.py."""

import asyncio
import gc
import socket
import ssl
import threading
import types
import weakref

import pytest
import trustme
import uvloop
from _wscodec import Protocol
from frames import BINARY, TEXT, frame, pattern
from memory_stream import open_pair, run
from microdot_websocket.transport import native
from microdot_websocket.transport.native import NativeTransport
from scripted_stream import connection, flush, receive

WAITS = 3
LARGE = 20_000_000  # bytes: more than sockets keep


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=['asyncio', 'uvloop'])
def serve(request):
    """serve(handler, client, tls): run both; handler(protocol, transport), client(sock); the
    SSLContext of the server, if it has one."""

    def serve(handler, client, tls=None):
        loop = request.param()
        ended = loop.create_future()

        async def connected(reader, writer):
            transport = NativeTransport(reader, writer)
            protocol = connection(Protocol, transport, 16384, 1 << 26)
            try:
                ended.set_result(await handler(protocol, transport))
            except Exception as exc:
                ended.set_exception(exc)
            protocol.abort()

        async def main():
            server = await asyncio.start_server(connected, '127.0.0.1', 0, ssl=tls)
            with socket.create_connection(server.sockets[0].getsockname(), timeout=20) as sock:
                await loop.run_in_executor(None, client, sock)
                result = await asyncio.wait_for(ended, 20)
            server.close()
            return result

        try:
            return loop.run_until_complete(main())
        finally:
            loop.close()

    return serve


def read_all(sock, size):
    data = bytearray()
    while len(data) < size:
        data += sock.recv(1 << 20)
    return bytes(data)


@pytest.mark.parametrize('kind', [bytes, bytearray])
def test_more_than_the_socket_takes(serve, kind):
    messages = [kind(pattern(LARGE)), kind(pattern(100)), kind(pattern(70000))]
    wire = b''.join(frame(BINARY, message, key=None) for message in messages)
    written = threading.Event()  # a client that reads at once may keep up with the first write()

    async def handler(p, transport):
        assert await receive(p) == 'begin'
        states = []
        for message in messages:
            states.append(p.write(message, None))
            written.set()
            await flush(p)
        return states

    def client(sock):
        sock.sendall(frame(TEXT, 'begin'))
        assert written.wait(20)
        assert read_all(sock, len(wire)) == wire

    assert serve(handler, client)[0] == WAITS


def test_it_is_sent_to_the_socket(serve, monkeypatch):
    async def handler(p, transport):
        assert await receive(p) == 'begin'
        monkeypatch.setattr(NativeTransport, 'write', None)  # by asyncio
        assert p.write('at once', None) is None

    def client(sock):
        sock.sendall(frame(TEXT, 'begin'))
        expected = frame(TEXT, 'at once', key=None)
        assert read_all(sock, len(expected)) == expected

    serve(handler, client)


def test_it_is_read_from_the_socket(serve, monkeypatch):
    """Without get_buffer(), but for a long message that has begun."""
    size = 200000
    asked = []

    def get_buffer(transport, hint):
        asked.append(len(super(NativeTransport, transport).get_buffer(hint)))
        return super(NativeTransport, transport).get_buffer(hint)

    async def handler(p, transport):
        monkeypatch.setattr(NativeTransport, 'get_buffer', get_buffer, raising=False)
        for i in range(20):
            assert await receive(p) == str(i)
            p.write('next', None)
        small = list(asked)
        assert await receive(p) == pattern(size)
        return small, transport

    def client(sock):
        for i in range(20):
            sock.sendall(frame(TEXT, str(i)))
            read_all(sock, len(frame(TEXT, 'next', key=None)))
        sock.sendall(frame(BINARY, pattern(size)))

    small, transport = serve(handler, client)
    if hasattr(transport._transport, '_read_ready_cb'):  # not uvloop's
        assert not small
        assert max(asked) > 16384


def test_the_end_is_read(serve):
    for lingers in (b'', b'\1\0\0\0\0\0\0\0'):  # the other one sends a reset
        begun = threading.Event()  # a reset may take with it what has not been read

        async def handler(p, transport, begun=begun):
            assert await receive(p) == 'begin'
            begun.set()
            try:
                return await receive(p)
            except OSError:
                return 'reset'

        def client(sock, lingers=lingers, begun=begun):
            sock.sendall(frame(TEXT, 'begin'))
            assert begun.wait(20)
            if lingers:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingers)
            sock.close()

        assert serve(handler, client) == ('reset' if lingers else False)


def test_a_reader_that_fails(serve, caplog):
    """The connection is lost, and the event loop told why."""

    async def handler(p, transport):
        writer = transport._transport
        if type(writer).__module__ != 'asyncio.selector_events':
            return None  # its methods cannot be replaced
        writer.pause_reading = fails
        again = NativeTransport(asyncio.StreamReader(), types.SimpleNamespace(transport=writer))
        p = connection(Protocol, again, 16384, 1 << 26)
        p.write('go', None)
        while not writer.is_closing():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)
        return again.ended

    def fails():
        raise ZeroDivisionError

    def client(sock):
        sock.settimeout(20)
        if sock.recv(4):
            sock.sendall(frame(BINARY, bytes(16000)) * 3)

    if serve(handler, client):
        assert 'ZeroDivisionError' in caplog.text


def test_an_ended_connection_is_no_garbage(serve):
    async def handler(p, transport):
        assert await receive(p) == 'begin'
        assert await receive(p) is False
        transport._transport.close()
        return weakref.ref(transport)

    def client(sock):
        sock.sendall(frame(TEXT, 'begin'))
        sock.close()

    gc.collect()
    gc.disable()
    try:
        assert serve(handler, client)() is None
    finally:
        gc.enable()


def test_over_tls_it_is_not(serve):
    authority = trustme.CA()
    server, peer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert('localhost').configure_cert(server)
    authority.configure_trust(peer)

    async def handler(p, transport):
        for _ in range(3):
            message = await receive(p)
            p.write(message, None)
            await flush(p)

    def client(sock):
        with peer.wrap_socket(sock, server_hostname='localhost') as encrypted:
            for n in (5, 5000, 500000):
                encrypted.sendall(frame(BINARY, pattern(n)))
                expected = frame(BINARY, pattern(n), key=None)
                assert read_all(encrypted, len(expected)) == expected

    serve(handler, client, server)


def test_a_peer_that_is_gone(serve):
    begun = threading.Event()  # a reset may take with it what has not been read

    async def handler(p, transport):
        assert await receive(p) == 'begin'
        begun.set()
        with pytest.raises(OSError):
            while True:
                p.write(bytes(1000), None)
                await asyncio.sleep(0.001)
        return True

    def client(sock):
        sock.sendall(frame(TEXT, 'begin'))
        assert begun.wait(20)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')  # a reset
        sock.close()

    assert serve(handler, client)


def test_after_close_nothing_is_sent():
    async def main():
        reader, writer, peer = open_pair()
        p = connection(Protocol, NativeTransport(reader, writer))
        writer.close()
        with pytest.raises(OSError):
            p.write('x', None)
        with pytest.raises(OSError):
            p.flush()

    run(main())


def test_a_transport_of_another_kind_is_left_to_asyncio():
    async def main():
        _, writer, peer = open_pair()
        assert native._socket_of(writer.transport) == -1

    run(main())
