"""The transport over CPython's asyncio, of whichever codec runs: over memory, and over sockets."""

import asyncio
import ssl

import pytest
import trustme
from frames import BINARY, CLOSE, TEXT, frame, parse, pattern
from memory_stream import open_pair, run, settle
from microdot_websocket.transport import open_transport
from microdot_websocket.transport.cpython import StreamTransport
from scripted_stream import END, UNREAD, WOKEN, client, connection, flush, receive

WAITS, BUSY = 3, 4


def opened(kind=connection):
    """(protocol, its transport, peer, writer)"""
    reader, writer, peer = open_pair()
    protocol, transport = open_transport(reader, writer)
    return kind(protocol, transport), transport, peer, writer


def test_messages_both_ways():
    async def main():
        p, _, peer, _ = opened()
        peer.feed(frame(TEXT, 'é') + frame(BINARY, pattern(70000)))
        assert await receive(p) == 'é'
        assert await receive(p) == pattern(70000)
        assert p.write('a', None) is None
        assert p.write(memoryview(bytearray(70000)), None) in (None, UNREAD)
        assert parse(peer.sent) == [(0x81, b'a'), (0x82, bytes(70000))]

    run(main())


def test_what_came_with_the_handshake():
    async def main():
        reader, writer, peer = open_pair()
        peer.feed(frame(TEXT, 'early') + frame(TEXT, 'late')[:3])
        p = connection(*open_transport(reader, writer))
        assert await receive(p) == 'early'
        peer.feed(frame(TEXT, 'late')[3:])
        assert await receive(p) == 'late'

    run(main())


class LostTls:
    """asyncio's transport of TLS before Python 3.11, once its connection is lost."""

    def is_closing(self):
        return False

    def write(self, data):
        pass

    def abort(self):
        pass

    close = abort


def test_tls_of_old_that_is_lost():
    """The end is found, and nothing else happens."""

    async def main():
        reader, writer, peer = open_pair()
        transport = StreamTransport(reader, writer)
        peer.feed(bytes(400000))
        assert not peer.transport.reads
        transport._transport = LostTls()
        transport.connection_lost(None)
        for call in lambda: transport.write(b'x'), transport.is_sent:
            with pytest.raises(OSError):
                call()
        buf = bytearray(500000)
        assert (transport.readinto(buf), transport.readinto(buf)) == (400000, 0)
        assert not transport.unsent
        transport.abort()

    run(main())


def test_tls_of_old_that_was_lost_before():
    def gone(high):
        raise AttributeError  # of None

    async def main():
        reader, writer, peer = open_pair()
        peer.feed(b'x')
        writer.transport.set_write_buffer_limits = gone
        transport = StreamTransport(reader, writer)
        buf = bytearray(5)
        assert (transport.readinto(buf), transport.readinto(buf)) == (1, 0)
        with pytest.raises(OSError):
            transport.write(b'x')

    run(main())


def test_a_reader_that_has_paused_its_transport():
    async def main():
        reader, writer, peer = open_pair()
        peer.feed(frame(BINARY, bytes(400000)))
        assert not peer.transport.reads
        p = connection(*open_transport(reader, writer))
        assert await receive(p) == bytes(400000)
        assert peer.transport.reads

    run(main())


def test_one_that_has_ended_before():
    async def main():
        for how in ('end', 'fail', 'close'):
            reader, writer, peer = open_pair()
            peer.feed(frame(TEXT, 'x'))
            peer.fail(104) if how == 'fail' else peer.end() if how == 'end' else writer.close()
            await settle()
            p = connection(*open_transport(reader, writer))
            assert await receive(p) == 'x'
            if how == 'fail':
                with pytest.raises(OSError):
                    await receive(p)
            else:
                assert await receive(p) is False
                assert p.event == END

    run(main())


def test_the_peer_has_to_wait():
    async def main():
        p, transport, peer, _ = opened()
        for _ in range(4):
            peer.feed(frame(BINARY, bytes(60000)))
        assert not peer.transport.reads
        for _ in range(4):
            assert await receive(p) == bytes(60000)
        assert peer.transport.reads

    run(main())


def test_the_end_and_errors():
    async def main():
        p, _, peer, _ = opened()
        peer.feed(frame(TEXT, 'x'))
        peer.end()
        assert await receive(p) == 'x'
        assert await receive(p) is False
        assert p.event == END
        p, _, peer, _ = opened()
        task = asyncio.create_task(receive(p))
        await settle()
        peer.fail(104)
        with pytest.raises(OSError):
            await task
        with pytest.raises(OSError):
            p.write('x', None)

    run(main())


def test_what_waits():
    async def main():
        p, transport, peer, _ = opened()
        assert p.write(b'x' * 50, None) is None
        peer.give_room(1)
        assert p.write(b'y' * 50, None) == WAITS
        assert transport.unsent == 51
        assert p.write(b'', CLOSE) == BUSY
        task = asyncio.create_task(flush(p))
        await settle()
        assert p.locked == 1 + 51
        peer.give_room(50)
        await settle()
        assert not task.done()
        assert p.locked == 1 + 1
        peer.give_room(1)
        await task
        assert p.locked == 0
        assert peer.sent == b'\x82\x32' + b'x' * 50 + b'\x82\x32' + b'y' * 50

    run(main())


def test_the_senders_memory():
    async def main():
        for n in (50, 100000):
            p, _, peer, _ = opened()
            peer.give_room(10)
            data = bytearray(b'a' * n)
            assert p.write(data, None) == WAITS
            data[:] = b'z' * n
            peer.give_room(None)
            await flush(p)
            assert parse(peer.sent) == [(0x82, b'a' * n)]

    run(main())


def test_a_client():
    async def main():
        p, _, peer, _ = opened(client)
        for n in (0, 5, 125, 126, 65535, 65536, 200000):
            peer.sent = bytearray()
            p.write(pattern(n), None)
            assert parse(peer.sent, True) == [(0x82, pattern(n))]

    run(main())


def test_the_connection_is_lost_while_a_task_waits_to_send():
    async def main():
        p, _, peer, _ = opened()
        peer.give_room(0)
        assert p.write('x', None) == WAITS
        task = asyncio.create_task(flush(p))
        await settle()
        peer.fail(32)
        with pytest.raises(OSError):
            await task

    run(main())


def test_abort():
    async def main():
        for waits in (False, True):
            p, transport, peer, writer = opened()
            if waits:
                peer.give_room(1)
                assert p.write(b'x' * 50, None) == WAITS
                writing = asyncio.create_task(flush(p))
            reading = asyncio.create_task(receive(p))
            await settle()
            p.abort()
            assert await reading is False
            assert p.event == END
            if waits:
                with pytest.raises(OSError):
                    await writing
            assert peer.transport.closed
            p.abort()
            writer.close()
            await writer.wait_closed()

    run(main())


def test_the_writer_still_works():
    async def main():
        p, _, peer, writer = opened()
        await writer.awrite(b'raw')
        peer.give_room(1)
        task = asyncio.create_task(writer.awrite(b'slow'))
        await settle()
        assert not task.done()
        peer.give_room(None)
        await task
        assert peer.sent == b'rawslow'
        writer.close()
        await writer.wait_closed()
        with pytest.raises(OSError):
            p.write('x', None)

    run(main())


def test_who_reads_after_being_woken():
    async def main():
        p, transport, peer, _ = opened()
        assert not transport.wake()
        task = asyncio.create_task(receive(p))
        await settle()
        assert p.read(-1, None) is False and p.event == WOKEN  # one task at a time
        p.schedule()
        assert await task is False
        peer.feed(frame(TEXT, 'x'))
        assert await receive(p) == 'x'

    run(main())


# over sockets


async def echo(reader, writer):
    """Wait for a line, then echo what comes."""
    await reader.readline()
    p = connection(*open_transport(reader, writer), 16384, 1 << 24)
    while True:
        message = await receive(p)
        if message is False:
            break
        while p.write(message, None) == BUSY:
            await flush(p)
        await flush(p)
    writer.close()


def over_sockets(test, **tls):
    async def main():
        server = await asyncio.start_server(echo, '127.0.0.1', 0, ssl=tls.get('server'))
        port = server.sockets[0].getsockname()[1]
        options = {'ssl': tls['client'], 'server_hostname': 'localhost'} if tls else {}
        reader, writer = await asyncio.open_connection('127.0.0.1', port, **options)
        await test(reader, writer)
        writer.close()
        server.close()

    run(main())


async def exchange(reader, writer):
    writer.write(b'begin\n' + frame(TEXT, 'early'))
    kind, transport = open_transport(reader, writer)
    p = kind(transport, lambda n: b'abcd', 16384, 1 << 24, 0, 0, 0)
    assert await receive(p) == 'early'
    for n in (0, 1, 125, 126, 20000, 65536, 3000000):
        waits = p.write(pattern(n), None)
        task = asyncio.create_task(flush(p)) if waits else None
        assert await receive(p) == pattern(n)
        if task:
            await task
    for _ in range(50):
        p.write('x', None)
    assert [await receive(p) for _ in range(50)] == ['x'] * 50


def test_over_tcp():
    over_sockets(exchange)


def test_over_tls():
    authority = trustme.CA()
    server, peer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert('localhost').configure_cert(server)
    authority.configure_trust(peer)
    over_sockets(exchange, server=server, client=peer)


def test_a_peer_that_vanishes():
    async def vanish(reader, writer):
        writer.write(b'begin\n' + frame(BINARY, bytes(100000))[:5000])
        await writer.drain()
        writer.transport.abort()

    over_sockets(vanish)
