"""connect() over memory streams: the handshake, and a client's frames."""

import asyncio
import sys
import unittest
from binascii import b2a_base64
from hashlib import sha1

from capacity import LARGE
from connection import close_frame, end_of
from frames import BINARY, CONT, PING, PONG, TEXT, frame, parse, pattern
from memory_stream import open_pair, run, settle
from microdot_websocket import WebSocket, WebSocketError, client
from microdot_websocket.client import connect, parse_url
from microdot_websocket.protocol import Protocol

FIN = 0x80
ACCEPTED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
URL = 'ws://board.example/echo'


class Network:
    """In place of what opens a connection: its other end is `peer`."""

    def __init__(self):
        self.calls = []

    async def open_connection(self, host, port, ssl=None):
        self.calls.append((host, port, ssl))
        reader, writer, self.peer = open_pair()
        return reader, writer

    def __enter__(self):
        self.original = client._open_connection
        client._open_connection = self.open_connection
        return self

    def __exit__(self, *_):
        client._open_connection = self.original

    def request(self):
        """The lines of the client's request."""
        head, _, rest = bytes(self.peer.sent).partition(b'\r\n\r\n')
        assert not rest
        return head.decode().split('\r\n')


def accept(request):
    """The response's Sec-WebSocket-Accept."""
    (key,) = [line[19:] for line in request if line.startswith('sec-websocket-key: ')]
    digest = sha1(key.encode() + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest()
    return b2a_base64(digest).strip().decode()


async def open_client(network, more='', trailing=b'', step=None, url=URL, **options):
    """(ws, peer, the request's lines)"""
    task = asyncio.create_task(connect(url, **options))
    await settle()
    request = network.request()
    network.peer.sent = bytearray()
    response = '%sSec-WebSocket-Accept: %s\r\n%s\r\n' % (ACCEPTED, accept(request), more)
    data = response.encode() + trailing
    for i in range(0, len(data), step or len(data)):
        network.peer.feed(data[i : i + (step or len(data))])
        await settle(1)
    return await task, network.peer, request


def frames_to(peer):
    """The frames that the client has sent since the last call, unmasked."""
    sent, peer.sent = peer.sent, bytearray()
    return parse(sent, from_client=True)


class TestUrl(unittest.TestCase):
    def test_urls(self):
        for url, expected in (
            ('ws://a.example', (False, 'a.example', 80, 'a.example', '/')),
            ('ws://a.example:80/x', (False, 'a.example', 80, 'a.example', '/x')),
            ('wss://a.example:443/', (True, 'a.example', 443, 'a.example', '/')),
            ('ws://a:443/x?y=/z', (False, 'a', 443, 'a:443', '/x?y=/z')),
            ('wss://10.0.0.7:5000?q', (True, '10.0.0.7', 5000, '10.0.0.7:5000', '/?q')),
            ('ws://[fe80::1]:81/', (False, 'fe80::1', 81, '[fe80::1]:81', '/')),
            ('ws://[::1]', (False, '::1', 80, '[::1]', '/')),
        ):
            self.assertEqual(parse_url(url), expected)

    def test_mistakes(self):
        for url in (
            '',
            'board.example',
            'http://board.example/',
            'ws:/board.example',
            'ws://',
            'ws:///echo',
            'ws://a:0/',
            'ws://a:65536/',
            'ws://a:b/',
            'ws://user@a/',
            'ws://a/#part',
            'ws://a/with space',
            'ws://a/\r\nX: y',
            'ws://::1/',
        ):
            with self.assertRaises(ValueError) as raised:
                parse_url(url)
            self.assertIn(repr(url)[1:-1] if '\r' not in url else 'ws://', str(raised.exception))


class TestHandshake(unittest.TestCase):
    def test_request(self):
        async def main():
            with Network() as network:
                headers = {'Origin': 'http://a.example', 'Authorization': 'Basic x'}
                _, _, request = await open_client(network, headers=headers, subprotocols=('a', 'b'))
                self.assertEqual(network.calls, [('board.example', 80, None)])
                self.assertEqual(request[0], 'GET /echo HTTP/1.1')
                for line in (
                    'host: board.example',
                    'upgrade: websocket',
                    'connection: Upgrade',
                    'sec-websocket-version: 13',
                    'sec-websocket-protocol: a, b',
                    'origin: http://a.example',
                    'authorization: Basic x',
                ):
                    self.assertIn(line, request)
                other = (await open_client(network))[2]
                self.assertNotEqual(accept(request), accept(other))

        run(main())

    def test_tls(self):
        async def main():
            with Network() as network:
                if sys.implementation.name == 'cpython':
                    await open_client(network, url='wss://a.example/')
                    self.assertIs(network.calls.pop()[2], True)
                context = object()
                await open_client(network, url='wss://a.example/', ssl=context)
                await open_client(network, ssl=context)
                calls = [ssl for _, _, ssl in network.calls]
                self.assertEqual(calls, [context, None])
                if sys.implementation.name != 'cpython':  # it has nothing to verify with
                    with self.assertRaises(ValueError):
                        await connect('wss://a.example/', ssl=True)

        run(main())

    def test_what_comes_behind_the_response(self):
        """Not a byte is lost, however the response is split."""

        async def main():
            with Network() as network:
                for step in (None, 1, 7):
                    trailing = frame(TEXT, 'first', key=None) + frame(BINARY, b'2', key=None)
                    ws, peer, _ = await open_client(
                        network, 'X: %s\r\n' % ('y' * 300), trailing, step
                    )
                    self.assertEqual(await ws.receive(), 'first')
                    self.assertEqual(await ws.receive(), b'2')
                    self.assertIs(ws.subprotocol, None)

        run(main())

    def test_subprotocol(self):
        async def main():
            with Network() as network:
                more = 'Sec-WebSocket-Protocol: b\r\n'
                ws, _, _ = await open_client(network, more, subprotocols=['a', 'b'])
                self.assertEqual(ws.subprotocol, 'b')

        run(main())

    def test_headers_that_nobody_looks_at(self):
        """They take no memory."""

        async def main():
            reader, writer, peer = open_pair()
            lines = (
                'HTTP/1.1 101 Yes',
                'Server: x',
                'UPGRADE: a',
                'Set-Cookie: y',
                'upgrade:b',
                '',
                '',
            )
            peer.feed('\r\n'.join(lines).encode())
            stream = client.MaskingStream(reader, writer)
            head = await client._read_head(stream, Protocol(256, False))
            self.assertEqual(head, ('HTTP/1.1 101 Yes', {'upgrade': 'a, b'}))

        run(main())

    def test_refusals(self):
        async def answered(response, **options):
            with Network() as network:
                task = asyncio.create_task(connect(URL, **options))
                await settle()
                response = response.replace('ACCEPT', accept(network.request()))
                network.peer.feed(response.encode())
                network.peer.end()
                try:
                    await task
                except WebSocketError as exc:
                    self.assertEqual(exc.code, 1006)
                    return exc
                self.fail(response)

        async def main():
            good = ACCEPTED + 'Sec-WebSocket-Accept: ACCEPT\r\n'
            for response, reason in (
                ('HTTP/1.1 403 Forbidden\r\n\r\n', 'refused: HTTP/1.1 403 Forbidden'),
                (good.replace('1.1 101', '1.0 101') + '\r\n', 'refused: HTTP/1.0 101'),
                ('rubbish\r\n\r\n', 'refused: rubbish'),
                (good.replace('Upgrade: websocket', 'Upgrade: h2c') + '\r\n', 'bad upgrade'),
                (good.replace('Connection: Upgrade', 'X: y') + '\r\n', 'bad connection'),
                (good.replace('ACCEPT', 'AAAA') + '\r\n', 'bad sec-websocket-accept'),
                (good + 'Sec-WebSocket-Protocol: c\r\n\r\n', "unasked subprotocol 'c'"),
                (
                    good + 'Sec-WebSocket-Extensions: x\r\n\r\n',
                    'extensions that were not offered: x',
                ),
                (good + 'X: y\r\n' * 100 + '\r\n', 'too many headers'),
                (good + 'X: %s\r\n\r\n' % ('y' * 3000), 'a header is too long'),
                (good, 'the connection was closed'),
                ('', 'the connection was closed'),
            ):
                exc = await answered(response, subprotocols=('a', 'b'))
                self.assertIn(reason, exc.reason)
            self.assertEqual((await answered('HTTP/1.1 403 No\r\n\r\n')).status_code, 403)

        run(main())

    def test_a_server_that_does_not_answer(self):
        async def main():
            with Network() as network:
                WebSocket.handshake_timeout = 0.02
                try:
                    end = await end_of(connect(URL))
                finally:
                    WebSocket.handshake_timeout = 10
                self.assertEqual(end, (1006, 'the handshake timed out'))
                self.assertTrue(is_closed(network.peer))

        run(main())

    def test_a_connection_that_is_cancelled(self):
        async def main():
            with Network() as network:
                task = asyncio.create_task(connect(URL))
                await settle()
                self.assertFalse(is_closed(network.peer))
                task.cancel()
                await settle()
                self.assertTrue(is_closed(network.peer))

        run(main())

    def test_mistakes(self):
        async def main():
            for options, error in (
                ({'headers': {'Upgrade': 'x'}}, ValueError),
                ({'headers': {'Sec-WebSocket-Key': 'x'}}, ValueError),
                ({'headers': {'X': 'y\r\nZ: z'}}, ValueError),
                ({'subprotocols': 'chat'}, TypeError),
                ({'origins': ()}, TypeError),
            ):
                with self.assertRaises(error):
                    await connect(URL, **options)

        run(main())


def is_closed(peer):
    """Whether the client has closed its socket."""
    return peer.at_end or getattr(getattr(peer, 'transport', None), 'closed', False)


class TestMessages(unittest.TestCase):
    def test_what_it_sends_is_masked(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                keys = []
                for data, opcode in (('é', TEXT), (b'', BINARY), (pattern(125), BINARY)):
                    await ws.send(data)
                    keys.append(bytes(peer.sent[2:6]))
                    payload = data.encode() if isinstance(data, str) else data
                    self.assertEqual(frames_to(peer), [(FIN | opcode, payload)])
                self.assertEqual(len(set(keys)), 3)
                for n in (126, 1024, 1025, LARGE):
                    data = bytearray(pattern(n))
                    await ws.send(data)
                    self.assertEqual(data, pattern(n))  # what is masked is a copy
                    self.assertEqual(frames_to(peer), [(FIN | BINARY, pattern(n))])

        run(main())

    def test_what_it_receives_is_not(self):
        async def main():
            with Network() as network:
                for step in (1, 1000000):
                    ws, peer, _ = await open_client(network, max_message_length=0)
                    data = frame(TEXT, 'a', key=None) + frame(PING, b'p', key=None)
                    data += frame(BINARY, pattern(3000), key=None)
                    data += frame(TEXT, 'b', fin=False, key=None) + frame(CONT, 'c', key=None)
                    task = asyncio.create_task(receive_all(ws, 3))
                    for i in range(0, len(data), step):
                        peer.feed(data[i : i + step])
                        await settle(1)
                    self.assertEqual(await task, ['a', pattern(3000), 'bc'])
                    self.assertEqual(frames_to(peer), [(FIN | PONG, b'p')])
                ws, peer, _ = await open_client(network, close_timeout=0)
                peer.feed(frame(TEXT, 'x'))
                self.assertEqual(await end_of(ws.receive()), (1002, 'frame masked'))
                self.assertEqual(frames_to(peer), [close_frame(1002, 'frame masked')])
                self.assertTrue(is_closed(peer))

        async def receive_all(ws, n):
            messages = []
            for _ in range(n):
                messages.append(await ws.receive())
            return messages

        run(main())

    def test_a_full_send_buffer(self):
        """Frames of several tasks never interleave, and a buffer is free once send() returns."""

        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                peer.give_room(10)
                buffer = bytearray(b'a' * 2000)
                tasks = [asyncio.create_task(ws.send(data)) for data in (buffer, 'b', 'c' * 500)]
                await settle()
                tasks[0].cancel()
                await settle()
                buffer[:] = b'z' * 2000
                peer.give_room(None)
                await tasks[1]
                await tasks[2]
                expected = [
                    (FIN | BINARY, b'a' * 2000),
                    (FIN | TEXT, b'b'),
                    (FIN | TEXT, b'c' * 500),
                ]
                self.assertEqual(frames_to(peer), expected)

        run(main())

    def test_fragments_and_pings(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                await ws.send_stream(['a', 'b'])
                frames = [(TEXT, b'a'), (CONT, b'b'), (FIN | CONT, b'')]
                self.assertEqual(frames_to(peer), frames)
                receiving = asyncio.create_task(ws.receive())
                ping = asyncio.create_task(ws.ping(b'now'))
                await settle()
                self.assertEqual(frames_to(peer), [(FIN | PING, b'now')])
                peer.feed(frame(PONG, b'now', key=None))
                await ping
                receiving.cancel()

        run(main())

    def test_keepalive(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network, ping_interval=0.02, ping_timeout=0.02)
                self.assertEqual(await end_of(ws.receive()), (1006, 'ping timed out'))
                self.assertEqual(frames_to(peer)[0], (FIN | PING, b''))
                self.assertTrue(is_closed(peer))

        run(main())


class TestClose(unittest.TestCase):
    def test_by_the_server(self):
        """The server closes the socket first."""

        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                task = asyncio.create_task(end_of(ws.receive()))
                peer.feed(frame(8, b'\x03\xe8bye', key=None))
                await settle()
                self.assertEqual(frames_to(peer), [close_frame(1000)])
                self.assertFalse(is_closed(peer))
                peer.end()
                self.assertEqual(await task, (1000, 'bye'))
                self.assertTrue(is_closed(peer))
                self.assertEqual(ws.close_code, 1000)
                await ws.close()

        run(main())

    def test_by_the_client(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)

                async def use():
                    async with ws:
                        await ws.send('x')

                task = asyncio.create_task(use())
                await settle()
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'x'), close_frame(1000)])
                peer.feed(frame(TEXT, 'late', key=None) + frame(8, b'\x03\xe8', key=None))
                await settle()
                self.assertFalse(task.done())
                peer.end()
                await task
                self.assertTrue(is_closed(peer))

        run(main())

    def test_while_another_task_receives(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                receiving = asyncio.create_task(end_of(ws.receive()))
                await settle()
                closing = asyncio.create_task(ws.close(4000, 'enough'))
                await settle()
                peer.feed(frame(8, b'\x0f\xa0enough', key=None))
                peer.end()
                await closing
                self.assertEqual(await receiving, (4000, 'enough'))
                self.assertTrue(is_closed(peer))

        run(main())

    def test_cancelled(self):
        """A receive() that has got the server's Close and waits for the end of TCP, or a close()
        that waits for the Close."""

        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                receiving = asyncio.create_task(ws.receive())
                peer.feed(frame(8, b'\x03\xe8', key=None))
                await settle()
                self.assertFalse(is_closed(peer))
                receiving.cancel()
                await settle()
                self.assertTrue(is_closed(peer))
                ws, peer, _ = await open_client(network)
                closing = asyncio.create_task(ws.close())
                await settle()
                self.assertFalse(is_closed(peer))
                closing.cancel()
                await settle()
                self.assertTrue(is_closed(peer))
                ws, peer, _ = await open_client(network)
                with self.assertRaises(ValueError):
                    await ws.close(1006)
                self.assertFalse(is_closed(peer))
                await ws.send('still open')
                self.assertEqual(frames_to(peer), [(FIN | TEXT, b'still open')])

        run(main())

    def test_a_server_that_does_neither(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network, close_timeout=0.02)
                await ws.close()
                self.assertEqual(frames_to(peer), [close_frame(1000)])
                self.assertTrue(is_closed(peer))

        run(main())

    def test_a_lost_connection(self):
        async def main():
            with Network() as network:
                ws, peer, _ = await open_client(network)
                peer.end()
                self.assertEqual(await end_of(ws.receive()), (1006, 'connection lost'))
                self.assertTrue(is_closed(peer))

        run(main())
