"""``connect(url, max_redirects=...)``"""

import asyncio
import unittest

from memory_stream import run
from microdot_websocket import WebSocketError
from microdot_websocket.client import connect, parse_url
from microdot_websocket.features.redirects import join, redirected
from network import Context, Network, is_closed, respond

NOWHERE = object()


class Server(Network):
    """It answers each request with the next of `answers`: a Location, or None: it accepts."""

    def __init__(self, *answers, status=302):
        super().__init__()
        self.answers = list(answers)
        self.status = status
        self.requests = []
        self.peers = []

    async def open_connection(self, *args):
        streams = await super().open_connection(*args)
        self.peers.append(self.peer)
        asyncio.create_task(self.answer(self.peer))
        return streams

    async def answer(self, peer):
        while b'\r\n\r\n' not in peer.sent:
            await asyncio.sleep(0)
        self.requests.append(self.request())
        location = self.answers.pop(0)
        if location is None:
            respond(self)
        else:
            head = 'HTTP/1.1 %d There\r\n%sContent-Length: 0\r\n\r\n'
            where = 'Location: %s\r\n' % location if location is not NOWHERE else ''
            peer.feed((head % (self.status, where)).encode())


SECRETS = {'Authorization': 'Bearer x', 'Cookie': 'a=b', 'X-Api-Key': 'y'}


async def follow(url, *answers, status=302, **options):
    """(the targets of the requests, the last of them in lines); 0 if the last was not accepted."""
    options.setdefault('max_redirects', 3)
    with Server(*answers, status=status) as server:
        try:
            ws = await connect(url, ssl=Context(), **options)
            ws.abort()
        except WebSocketError as exc:
            assert exc.status_code == status, exc
            server.requests.append(0)
        for _ in range(5):
            await asyncio.sleep(0)
        assert all(is_closed(peer) for peer in server.peers)
        targets = [
            '%s:%d%s%s' % (call[:2] + (request[0].split(' ')[1], '' if call[2] is None else ' tls'))
            for call, request in zip(server.calls, server.requests)
        ]
        return targets, server.requests[-1]


class TestRedirects(unittest.TestCase):
    def test_they_are_off(self):
        async def main():
            for options in ({'max_redirects': 0}, {'max_redirects': None}):
                targets, last = await follow('ws://a/', '/b', **options)
                self.assertEqual((targets, last), (['a:80/'], 0))

        run(main())

    def test_followed(self):
        async def main():
            for status in (301, 302, 303, 307, 308):
                targets, last = await follow('ws://a/x', '/y', 'http://b:81/', None, status=status)
                self.assertEqual(targets, ['a:80/x', 'a:80/y', 'b:81/'])
                self.assertTrue(last)
            targets, last = await follow('ws://a/x', '/y', None, status=300)
            self.assertEqual((targets, last), (['a:80/x'], 0))

        run(main())

    def test_no_more_than_allowed(self):
        async def main():
            for most in (1, 2):
                targets, last = await follow('ws://a/', '/1', '/2', '/3', max_redirects=most)
                self.assertEqual(targets, ['a:80/', 'a:80/1', 'a:80/2'][: most + 1])
                self.assertEqual(last, 0)

        run(main())

    def test_to_nowhere(self):
        """Without a Location it is a refusal; an empty one is where it came from."""

        async def main():
            targets, last = await follow('ws://a/x', NOWHERE)
            self.assertEqual((targets, last), (['a:80/x'], 0))
            targets, _ = await follow('ws://a/x', '', None)
            self.assertEqual(targets, ['a:80/x'] * 2)

        run(main())

    def test_each_connection_of_a_loop(self):
        async def main():
            with Server('/b', None, '/b', None) as server:
                turns = 0
                async for ws in connect('ws://a/', min_delay=0, max_redirects=1):
                    ws.abort()
                    turns += 1
                    if turns == 2:
                        break
                self.assertEqual(len(server.requests), 4)

        run(main())

    def test_where_to(self):
        async def main():
            for url, location, expected in (
                ('ws://a/', 'https://a/', 'a:443/ tls'),
                ('wss://a/', 'https://b/', 'b:443/ tls'),
                ('wss://a/', '//b/', 'b:443/ tls'),
            ):
                targets, last = await follow(url, location, None)
                self.assertEqual(targets[-1], expected)
                self.assertTrue(last)
            for url, location in (
                ('wss://a/', 'http://a/'),
                ('wss://a/', 'ws://b/'),
                ('ws://a/', 'ftp://a:b/'),
                ('ws://a/', 'http://a:b/'),
                ('ws://a/', 'http:///'),
            ):
                _, last = await follow(url, location, status=301)
                self.assertEqual(last, 0)

        run(main())

    def test_none_to_verify_with(self):
        """To wss://, with nothing that says whom to trust: CPython trusts the system's."""

        async def main():
            with Server('wss://a/', status=302) as server:
                try:
                    await connect('ws://a/', ssl=b'rubbish', max_redirects=1)
                except WebSocketError as exc:
                    self.assertEqual(exc.status_code, 302)
                self.assertEqual(len(server.requests), 1)

        run(main())


class TestCredentials(unittest.TestCase):
    def test_to_the_same_origin(self):
        async def main():
            for url in ('ws://me:secret@a/x', 'ws://me:secret@A:80/x'):
                for location in ('/y', 'http://a/y', 'ws://a:80/y'):
                    targets, last = await follow(url, location, None)
                    self.assertIn('authorization: Basic bWU6c2VjcmV0', last)
            _, last = await follow('ws://a/', '/y', None, headers=SECRETS)
            for line in ('authorization: Bearer x', 'cookie: a=b', 'x-api-key: y'):
                self.assertIn(line, last)

        run(main())

    def test_to_another(self):
        async def main():
            for location in ('http://b/', 'http://a:81/', 'https://a/'):
                for url, headers in (('ws://me:secret@a/', {}), ('ws://a/', SECRETS)):
                    _, last = await follow(
                        url, location, None, headers=headers, subprotocols=('chat',)
                    )
                    names = [line.partition(':')[0] for line in last[1:]]
                    for name in ('authorization', 'cookie', 'x-api-key'):
                        self.assertFalse(name in names)
                    self.assertIn('sec-websocket-protocol: chat', last)

        run(main())

    def test_nor_back_again(self):
        async def main():
            answers = 'http://b/', 'http://a/', None
            _, last = await follow('ws://me:secret@a/', *answers, headers=SECRETS)
            self.assertFalse('authorization' in '\n'.join(last))
            self.assertFalse('cookie' in '\n'.join(last))

        run(main())


class TestSockets(unittest.TestCase):
    def test_they_lead_to_one_origin(self):
        async def sock():
            raise AssertionError

        parts = parse_url('ws://a/')
        client = connect('ws://a/', sock=sock, max_redirects=1)
        for location, followed in (('/b', True), ('ws://a:80/', True), ('ws://b/', False)):
            found = redirected(client, {'Location': location})
            self.assertEqual(bool(found), followed)
        self.assertEqual(client.parts, parts)
        # What is no function is used up by then.
        self.assertIs(redirected(connect('ws://a/', sock=(5, 5)), {'Location': '/b'}), None)
        self.assertTrue(redirected(connect('ws://a/', sock=None), {'Location': 'ws://b/'}))

    def test_no_memory(self):
        class Client:
            parts = parse_url('ws://a/')
            options = {}
            headers = {}
            subprotocols = ()
            ssl = context = None

            def __init__(self, *args, **options):
                if args:  # the other one
                    raise MemoryError

        with self.assertRaises(MemoryError):
            redirected(Client(), {'Location': '/b'})


class TestJoin(unittest.TestCase):
    def test_urls(self):
        for url, location, expected in (
            ('ws://a/x/y?z', 'b', 'ws://a/x/b'),
            ('ws://a/x/y?z', '?b', 'ws://a/x/y?b'),
            ('ws://a/x/y?z', '', 'ws://a/x/y'),
            ('ws://a:81/x', '/b?c=http://d/', 'ws://a:81/b?c=http://d/'),
            ('ws://a/', '/b#part', 'ws://a/b'),
            ('wss://[::1]:81/', '//c/d', 'wss://c/d'),
            ('ws://a/', 'HTTPS://c/d', 'wss://c/d'),
            ('ws://a', 'mailto:x', 'ws://a/mailto:x'),
            ('ws://a/x/y/z?w', '../b', 'ws://a/x/b'),
            ('ws://a/x/y', './b?c=../d', 'ws://a/x/b?c=../d'),
            ('ws://a/x/y', '../../../..', 'ws://a/'),
            ('ws://a/x/y', '/b/./c/../d/.', 'ws://a/b/d/'),
            ('ws://a/x/y', '..b/.c/d..', 'ws://a/x/..b/.c/d..'),
            ('ws://a/x/', '//b/./c', 'ws://b/./c'),
        ):
            self.assertEqual(join(parse_url(url), location), expected)
