"""connect() over memory streams: the handshake. The rest is in test_client_messages.py."""

import asyncio
import unittest

from capacity import LARGE
from connection import end_of
from frames import BINARY, TEXT, frame
from memory_stream import open_pair, run, settle
from microdot_websocket import WebSocket, WebSocketError, client, upgrade
from microdot_websocket.client import connect, parse_url
from network import ACCEPTED, URL, Context, Network, accept, is_closed, open_client


class TestUrl(unittest.TestCase):
    def test_urls(self):
        for url, expected in (
            ('ws://a.example', (False, 'a.example', 80, 'a.example', '/', '')),
            ('ws://a.example:80/x', (False, 'a.example', 80, 'a.example', '/x', '')),
            ('wss://a.example:443/', (True, 'a.example', 443, 'a.example', '/', '')),
            ('ws://a:443/x?y=/z', (False, 'a', 443, 'a:443', '/x?y=/z', '')),
            ('wss://10.0.0.7:5000?q', (True, '10.0.0.7', 5000, '10.0.0.7:5000', '/?q', '')),
            ('ws://[fe80::1]:81/', (False, 'fe80::1', 81, '[fe80::1]:81', '/', '')),
            ('ws://[::1]', (False, '::1', 80, '[::1]', '/', '')),
            ('WS://a.example', (False, 'a.example', 80, 'a.example', '/', '')),
            ('ws://me:a%40b@a/', (False, 'a', 80, 'a', '/', 'me:a%40b')),
            ('ws://me@[::1]:81/?a@b', (False, '::1', 81, '[::1]:81', '/?a@b', 'me')),
            ('ws://@a/@', (False, 'a', 80, 'a', '/@', '')),
            ('wSS://A.example/X', (True, 'A.example', 443, 'A.example', '/X', '')),
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
            'ws://user@/',
            'ws://a@b c@d/',
            'ws://a/#part',
            'ws://a/with space',
            'ws://a/\r\nX: y',
            'ws://::1/',
        ):
            with self.assertRaises(ValueError) as raised:
                parse_url(url)
            shown = url.rpartition('@')[2]
            self.assertIn('ws://' if '\r' in url else repr(shown)[1:-1], str(raised.exception))

    def test_a_mistake_tells_no_password(self):
        with self.assertRaises(ValueError) as raised:
            parse_url('ws://me:secret@a:b/')
        self.assertFalse('secret' in str(raised.exception))


GOOD = ACCEPTED + 'Sec-WebSocket-Accept: ACCEPT\r\n'


async def refusal(response, **options):
    """The WebSocketError that such an answer to a request leads to."""
    with Network() as network:
        task = asyncio.create_task(connect(URL, **options))
        await settle()
        response = response.replace('ACCEPT', accept(network.request()))
        network.peer.feed(response.encode())
        network.peer.end()
        try:
            await task
        except WebSocketError as exc:
            return exc
        raise AssertionError(response)


class TestHandshake(unittest.TestCase):
    def test_request(self):
        async def main():
            with Network() as network:
                headers = {'Origin': 'http://a.example', 'Authorization': 'Basic x'}
                headers["X-!#$%&'*+.^_`|~09"] = 5
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
                    "x-!#$%&'*+.^_`|~09: 5",
                ):
                    self.assertIn(line, request)
                other = (await open_client(network))[2]
                self.assertNotEqual(accept(request), accept(other))

        run(main())

    def test_tls(self):
        async def main():
            with Network() as network:
                context = Context()
                await open_client(network, url='wss://a.example/', ssl=context)
                await open_client(network, ssl=context)
                calls = [ssl for _, _, ssl in network.calls]
                self.assertEqual(calls, [context, None])

        run(main())

    def test_a_certificate_that_is_refused(self):
        async def refuse(*args):
            raise ValueError('The certificate has expired\n')  # as MicroPython does, and CPython

        async def main():
            with Network():
                client._open_connection = refuse
                end = await end_of(connect('wss://a.example/', ssl=Context()))
                self.assertEqual(end, (1006, 'bad certificate: The certificate has expired'))

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

    def test_responses_in_front_of_it(self):
        """100 Continue, 103 Early Hints and the like; what they say does not count."""

        async def main():
            before = 'HTTP/1.1 100 Continue\r\n\r\n'
            before += 'HTTP/1.1 103 Early Hints\r\nUpgrade: h2c\r\nLink: x\r\n\r\n'
            with Network() as network:
                for step in (None, 1):
                    ws, _, _ = await open_client(network, step=step, before=before)
                    self.assertIs(ws.closed, False)

        run(main())

    def test_long_headers_take_no_memory(self):
        async def main():
            reader, writer, peer = open_pair()
            task = asyncio.create_task(client._read_head(client.Stream(reader, 1 << 20, 0), False))
            peer.feed(b'HTTP/1.1 101 Yes\r\n')
            for _ in range(45):
                for name in (b'Set-Cookie: ', b'Sec-WebSocket-X: '):
                    peer.feed(name + b'x' * 1900 + b'\r\n')
                    while peer.incoming:  # until it is read, piece by piece
                        await settle(1)
            peer.feed(b'\r\n')
            status, code, fields, kept = await task
            self.assertEqual((status, code, kept), ('HTTP/1.1 101 Yes', 101, None))
            self.assertFalse(any(fields.values()))
            writer.close()

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
            reader, _, peer = open_pair()
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
            _, _, fields, kept = await client._read_head(client.Stream(reader, 1 << 20, 0), False)
            self.assertEqual((fields.pop('upgrade'), kept), ('a, b', None))
            self.assertFalse(any(fields.values()))

        run(main())

    def test_lines_of_a_value(self):
        """What a header goes on with (RFC 9112, section 5.2) is no header itself."""

        async def main():
            with Network() as network:
                more = 'X: y\r\n Sec-WebSocket-Protocol: z\r\n\tLocation: /\r\nA : b\r\n'
                ws, _, _ = await open_client(network, more, keep_headers=True)
                self.assertFalse('location' in ws.headers)
                self.assertEqual((ws.headers['x'], ws.headers['a']), ('y', 'b'))

        run(main())

    def test_headers_that_are_kept(self):
        async def main():
            with Network() as network:
                more = 'Set-Cookie: a=b\r\n'
                for name in 'XYZ':
                    more += '%s: %s\r\n' % (name, name * 1900)
                ws, _, _ = await open_client(network, more, keep_headers=True)
                self.assertEqual(ws.headers['set-cookie'], 'a=b')
                self.assertEqual(ws.headers['Upgrade'], 'websocket')
                self.assertEqual(len(ws.headers['x']), 1900)
                self.assertFalse('Z' in ws.headers)  # of so much no more is kept
                ws, _, _ = await open_client(network, more)
                self.assertIs(ws.headers, None)

        run(main())

    def test_refusals(self):
        async def main():
            for response, reason in (
                ('HTTP/1.1 403 Forbidden\r\n\r\n', 'refused: HTTP/1.1 403 Forbidden'),
                (GOOD.replace('1.1 101', '1.0 101') + '\r\n', 'refused: HTTP/1.0 101'),
                ('rubbish\r\n\r\n', 'refused: rubbish'),
                (GOOD.replace('Upgrade: websocket', 'Upgrade: h2c') + '\r\n', "upgrade 'h2c'"),
                (GOOD.replace('websocket', 'h2c, websocket') + '\r\n', "upgrade 'h2c, websocket'"),
                (GOOD + 'Upgrade: h2c\r\n\r\n', "upgrade 'websocket, h2c'"),
                (GOOD.replace('Upgrade:', 'Upgrade:\r\n') + '\r\n', "upgrade ''"),
                (' ' + GOOD + '\r\n', 'refused:  HTTP/1.1 101'),
                (
                    GOOD.replace('Connection: Upgrade', 'X: y') + '\r\n',
                    "bad handshake: connection ''",
                ),
                (GOOD.replace('ACCEPT', 'AAAA') + '\r\n', "sec-websocket-accept 'AAAA'"),
                (GOOD + 'Sec-WebSocket-Protocol: c\r\n\r\n', "sec-websocket-protocol 'c'"),
                (
                    GOOD + 'Sec-WebSocket-Extensions: x\r\n\r\n',
                    "sec-websocket-extensions 'x'",
                ),
                (GOOD, 'the connection was closed'),
                ('', 'the connection was closed'),
                ('HTTP/1.1 100 Continue\r\n\r\n', 'the connection was closed'),
                ('HTTP/1.1 \xb2\xb2\xb2 No\r\n\r\n', 'refused: HTTP/1.1 '),
                ('HTTP/1.1 +10 No\r\n\r\n', 'refused: HTTP/1.1 +10 No'),
                ('HTTP/1.1 1\r\n\r\n', 'refused: HTTP/1.1 1'),
                ('HTTP/1.1 1000\r\n\r\n', 'refused: HTTP/1.1 1000'),
                ('HTTP/1.11 101 x\r\n\r\n', 'refused: HTTP/1.11 101'),
                ('\r\n\r\n', 'refused: '),
            ):
                exc = await refusal(response, subprotocols=('a', 'b'))
                self.assertEqual(exc.code, 1006)
                self.assertIn(reason, exc.reason)
            for line, code in (
                ('HTTP/1.1 403 No', 403),
                ('HTTP/1.0 500', 500),
                ('HTTP/1.1 999 \xe9', 999),
                ('HTTP/1.1 12', 0),
                ('HTTP/2 403', 0),
            ):
                self.assertEqual((await refusal(line + '\r\n\r\n')).status_code, code)

        run(main())

    def test_refusals_of_what_is_long(self):
        # One at a time: a board has no room for all of them.
        for parts, reason in (
            ((GOOD, 'X: y\r\n', 100), 'too many headers'),
            ((GOOD + 'X: ', 'y', LARGE), 'a header is too long'),
            (('', 'x', LARGE), 'a header is too long'),
            ((GOOD, 'Upgrade: %s\r\n' % ('y' * 1900), 3), 'too many headers'),
            (('', 'HTTP/1.1 103 Hints\r\nX: y\r\n\r\n', 34), 'too many headers'),
            (('HTTP/1.1 ', '9', 1500), 'refused: HTTP/1.1 9999'),
            (('HTTP/1.1 ', '9', 5000), 'a header is too long'),
        ):
            before, part, times = parts
            exc = run(refusal(before + part * times + '\r\n\r\n'))
            self.assertEqual(exc.code, 1006)
            self.assertIn(reason, exc.reason)

    def test_without_sha1(self):
        async def main():
            with Network() as network:
                with self.assertRaises(NotImplementedError) as raised:
                    await open_client(network)
                self.assertEqual(str(raised.exception), 'hashlib has no sha1')
                self.assertTrue(is_closed(network.peer))

        sha1, upgrade.sha1 = upgrade.sha1, None
        try:
            run(main())
        finally:
            upgrade.sha1 = sha1

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

    def test_no_limit(self):
        async def main():
            with Network() as network:
                WebSocket.handshake_timeout = 0
                try:
                    task = asyncio.create_task(connect(URL))
                    await asyncio.sleep(0.05)
                    self.assertFalse(task.done())
                    task.cancel()
                    await settle()
                    self.assertTrue(is_closed(network.peer))
                    await open_client(network)
                finally:
                    WebSocket.handshake_timeout = 10

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
                ({'subprotocols': ('',)}, ValueError),
                ({'subprotocols': 'chat'}, TypeError),
                ({'origins': ()}, TypeError),
            ):
                with self.assertRaises(error):
                    await connect(URL, **options)

        run(main())
