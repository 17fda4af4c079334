"""From the HTTP request to the end of the connection: an application over memory streams."""

import asyncio
import unittest

from capacity import LARGE, SMALL
from connection import HEADERS, Server, open_websocket, request_bytes
from frames import TEXT, close, frame, parse
from memory_stream import open_pair, run, settle
from microdot import Microdot, Request, Response, microdot
from microdot.test_client import TestClient
from microdot_websocket import (
    WebSocket,
    WebSocketError,
    timer,
    upgrade,
    websocket_upgrade,
    with_websocket,
)


def application(handler, decorated):
    """An application with `handler(request, ws)` at /, through either half of the API."""
    app = Microdot()
    if decorated:
        app.route('/')(with_websocket(handler))
    else:

        @app.route('/')
        async def route(request):
            await handler(request, await websocket_upgrade(request))

    return app


class Console:
    """What Microdot and this package print of exceptions."""

    def __enter__(self):
        self.printed = []
        self.saved = upgrade.print
        upgrade.print = self.printed.append
        return self

    def __exit__(self, *exc):
        upgrade.print = self.saved


async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


class TestLife(unittest.TestCase):
    def serve(self, handler, data, closes_with=None, prints=()):
        """Serve one connection that sends `data` and then leaves; the frames it is sent."""
        for decorated in (True, False):
            with self.subTest(decorated=decorated):
                with Console() as console:
                    head, rest = run(self.response(application(handler, decorated), data))
                self.assertEqual(head.split('\r\n')[0], 'HTTP/1.1 101 Switching Protocols')
                self.assertEqual([type(exc) for exc in console.printed], list(prints))
                frames = parse(rest)  # nothing but frames behind the handshake
                if closes_with:
                    opcode, payload = frames.pop()
                    self.assertEqual(opcode, 0x88)
                    self.assertEqual(int.from_bytes(payload[:2], 'big'), closes_with)
                self.assertEqual(frames, [])

    @staticmethod
    async def response(app, data):
        server = Server(app)
        server.peer.feed(request_bytes() + data)
        server.peer.end()
        await server.run()
        return server.response()

    def test_handler_returns(self):
        async def handler(request, ws):
            await ws.receive()

        self.serve(handler, frame(TEXT, 'x') + close(1000), 1000)

    def test_handler_raises(self):
        async def handler(request, ws):
            await ws.receive()
            raise KeyError('x')

        self.serve(handler, frame(TEXT, 'x') + close(1011), 1011, [KeyError])

    def test_handler_raises_an_os_error_of_its_own(self):
        async def handler(request, ws):
            open('no/such/file')

        self.serve(
            handler,
            close(),
            1011,
            [OSError if not hasattr(OSError, 'filename') else FileNotFoundError],
        )

    def test_peer_closes(self):
        self.serve(echo, close(3001, 'bye'), 3001)

    def test_disconnect_is_quiet(self):
        self.serve(echo, b'')
        self.serve(echo, frame(TEXT, 'x')[:4])

    def test_protocol_error_is_quiet(self):
        self.serve(echo, frame(3) + close(1002), 1002)

    def test_the_application_handles_the_end(self):
        """``@app.errorhandler(WebSocketError)``, also for a class that it is derived from."""
        for kind, data, code in (
            (WebSocketError, close(3001, 'bye'), 3001),
            (WebSocketError, frame(3) + close(1002), 1002),
            (Exception, b'', None),
        ):
            app = application(echo, False)
            ends = []

            @app.errorhandler(kind)
            async def ended(request, exc, ends=ends):
                ends.append((type(exc), exc.code, request.path))
                return 'not to be sent', 500

            with Console() as console:
                head, rest = run(self.response(app, data))
            self.assertEqual(ends, [(WebSocketError, code or 1006, '/')])
            self.assertEqual(
                [payload[:2] for _, payload in parse(rest)],
                [code.to_bytes(2, 'big')] if code else [],
            )
            self.assertEqual(console.printed, [])

    def test_handler_catches_the_end(self):
        ends = []

        async def handler(request, ws):
            try:
                await ws.receive()
            except WebSocketError as exc:
                ends.append((exc.code, exc.reason))

        self.serve(handler, close(3001, 'bye'), 3001)
        self.assertEqual(ends, [(3001, 'bye')] * 2)

    def test_handler_closes(self):
        async def handler(request, ws):
            await ws.close(4000, 'enough')

        self.serve(handler, close(4000), 4000)

    def test_a_close_that_fails(self):
        """The connection is dropped, and the server goes on."""
        ended = []

        async def broken(code):
            raise ValueError('made by a test')

        async def handler(request, ws):
            ws.close = broken
            ended.append(ws)

        async def main():
            return await self.response(application(handler, True), b'')

        self.assertEqual(parse(run(main())[1]), [])
        self.assertEqual(ended[0].close_code, 1006)

    def test_a_request_is_upgraded_once(self):
        async def handler(request, ws):
            try:
                await websocket_upgrade(request)
            except RuntimeError:
                await ws.send('once')

        async def main(app):
            server = Server(app)
            server.peer.feed(request_bytes() + close(1000))
            await server.run()
            return server.response()

        for decorated in (True, False):
            head, rest = run(main(application(handler, decorated)))
            self.assertEqual(head.split()[1], '101')
            self.assertEqual(parse(rest), [(0x81, b'once'), (0x88, b'\x03\xe8')])

    def test_it_may_be_tried_again_with_other_options(self):
        app = Microdot()

        @app.route('/')
        async def route(request):
            try:
                await websocket_upgrade(request, origins=())
            except microdot.HTTPException:
                await websocket_upgrade(request)

        async def main():
            server = Server(app)
            server.peer.feed(request_bytes() + close(1000))
            await server.run()
            return server.response()[0].split()[1]

        self.assertEqual(run(main()), '101')

    def test_muted_os_errors(self):
        async def handler(request, ws):
            raise OSError(32, 'Broken pipe')

        app = application(handler, True)

        async def main():
            server = Server(app)
            server.peer.feed(request_bytes() + close())
            await server.run()
            return parse(server.response()[1])

        with Console() as console:
            self.assertEqual(run(main()), [(0x88, b'\x03\xe8')])
        self.assertEqual(console.printed, [])

    def test_cancelled_handler_says_going_away(self):
        """And waits for no answer."""

        async def main():
            server = Server(application(echo, True))
            server.peer.feed(request_bytes())
            task = asyncio.create_task(server.run())
            await settle(30)
            task.cancel()
            await settle(30)
            self.assertTrue(task.done())
            try:
                await task
            except asyncio.CancelledError:
                pass
            return parse(server.response()[1])

        self.assertEqual(run(main()), [(0x88, b'\x03\xe9')])

    def test_arguments_of_the_route(self):
        app = Microdot()
        seen = []

        @app.route('/room/<name>')
        @with_websocket
        async def room(request, ws, name):
            seen.append((request.path, name, type(ws) is WebSocket, ws.request is request))

        async def main():
            server = Server(app)
            server.peer.feed(request_bytes('/room/7') + close())
            await server.run()

        run(main())
        self.assertEqual(seen, [('/room/7', '7', True, True)])


class TestRefused(unittest.TestCase):
    @staticmethod
    async def response(app, data):
        server = Server(app)
        server.peer.feed(data)
        await server.run()
        return server.response()

    def serve(self, data):
        """The status code and the head; the handler must not run."""
        ran = []

        async def handler(request, ws):
            ran.append(1)

        for decorated in (True, False):
            with Console() as console:
                head, _ = run(self.response(application(handler, decorated), data))
            self.assertEqual(ran, [])
            self.assertEqual(console.printed, [])
        return int(head.split(' ')[1]), head

    def test_bad_handshakes(self):
        for changes in (
            {'Upgrade': None},
            {'Upgrade': 'h2c'},
            {'Connection': None},
            {'Connection': 'close'},
            {'Sec_WebSocket_Key': None},
            {'Sec_WebSocket_Key': 'short'},
            {'version': '1.0'},
            {'Host': None},
            {'Content_Length': '1'},
            {'Content_Length': '100000'},
            {'Transfer_Encoding': 'chunked'},
        ):
            status, head = self.serve(request_bytes(**changes) + b'x')
            self.assertIn(status, (400, 413), changes)
            self.assertEqual(status == 413, changes.get('Content_Length') == '100000')
            self.assertFalse('Sec-WebSocket' in head)

    def test_lines_that_may_not_be_repeated(self):
        for line in (
            'Host: other.example',
            'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
            'sec-websocket-key: ' + HEADERS['Sec-WebSocket-Key'],
        ):
            status, _ = self.serve(with_lines(line))
            self.assertEqual(status, 400, line)
        self.assertEqual(self.serve(with_lines('Sec-WebSocket-Version: 13'))[0], 426)

    def test_versions(self):
        for version in (None, '', '8', '14', '13, 8'):
            status, head = self.serve(request_bytes(Sec_WebSocket_Version=version))
            self.assertEqual(status, 426)
            self.assertIn('Sec-WebSocket-Version: 13\r\n', head + '\r\n')

    def test_other_errors_of_the_application_are_left_alone(self):
        app = application(echo, False)

        @app.route('/426')
        async def route(request):
            microdot.abort(426)

        run(self.response(app, request_bytes(version='1.0')))  # registers what looks at errors
        head, _ = run(self.response(app, request_bytes('/426')))
        self.assertIn(' 426 ', head)
        self.assertFalse('Sec-WebSocket' in head)
        self.assertIn(' 404 ', run(self.response(app, request_bytes('/x')))[0])
        self.assertEqual(len(app.after_error_request_handlers), 1)


class TestNoMemory(unittest.TestCase):
    def test_for_a_connection(self):
        """The client is told before it believes that there is one."""

        def no_memory(*args):
            raise MemoryError

        async def main():
            server = Server(app)
            server.peer.feed(request_bytes())
            await server.run()
            return server.response()

        for decorated in (True, False):
            app = application(echo, decorated)
            saved, WebSocket.open = WebSocket.open, no_memory
            try:
                with Console() as console:
                    head, _ = run(main())
            finally:
                WebSocket.open = saved
            self.assertEqual(head.split('\r\n')[0][9:], '500 N/A')
            self.assertEqual([type(exc) for exc in console.printed], [MemoryError])


class TestHandshakeDeadline(unittest.TestCase):
    def tearDown(self):
        WebSocket.handshake_timeout = 10

    def answer(self, *pieces):
        """The status line for a request that comes in pieces and then stops."""

        async def main():
            server = Server(application(echo, True))
            task = asyncio.create_task(server.run())
            for piece in pieces:
                server.peer.feed(piece)
                await settle()
            await task
            return server.response()[0].split('\r\n')[0]

        max_body_length, Request.max_body_length = Request.max_body_length, 20
        try:
            with Console() as console:
                line = run(main())
        finally:
            Request.max_body_length = max_body_length
        self.assertEqual(console.printed, [])
        return line

    def test_a_request_that_never_ends(self):
        WebSocket.handshake_timeout = 0.02
        request = request_bytes()
        for n in (0, 1, 20, len(request) - 1):
            self.assertEqual(self.answer(request[:n])[9:], '400 N/A', n)
        body = request_bytes(Content_Length='9', method='POST') + b'12345678'
        self.assertEqual(self.answer(body)[9:], '400 N/A')

    def test_how_long_it_is(self):
        """A second more for each KiB that the body may have."""
        times = []

        class Stream(upgrade.Stream):
            def __init__(self, reader, count, time):
                times.append(time)
                super().__init__(reader, count, time)

        stream, upgrade.Stream = upgrade.Stream, Stream
        try:
            WebSocket.handshake_timeout = 0.5
            self.answer(b'GET / HTTP/1.0\r\n\r\n')  # the body may have 20 bytes
        finally:
            upgrade.Stream = stream
        self.assertEqual(times, [520])

    def test_no_deadline(self):
        WebSocket.handshake_timeout = 0

        async def main():
            server = Server(application(echo, True))
            task = asyncio.create_task(server.run())
            request = request_bytes()
            server.peer.feed(request[:50])
            await asyncio.sleep(0.05)
            server.peer.feed(request[50:] + frame(TEXT, 'x') + close(1000))
            await task
            return server.response()

        head, rest = run(main())
        self.assertEqual(head.split()[1], '101')
        self.assertEqual(parse(rest)[0], (0x81, b'x'))


class TestTheTimeForAHead(unittest.TestCase):
    def test_it_cancels(self):
        async def main():
            head = upgrade.Stream(None, 99, 20)
            try:
                await asyncio.sleep(10)
                self.fail('it was not cancelled')
            except asyncio.CancelledError:
                self.assertTrue(head.done)
            finally:
                timer.clear(head)
            await asyncio.sleep(0.03)  # and that was all

        run(main())

    def test_it_cancels_what_waits_to_answer(self):
        async def main():
            async def request():
                for _ in range(2):
                    head.task = asyncio.current_task()
                    try:
                        await asyncio.sleep(10)
                    except asyncio.CancelledError:
                        cancelled.append(head.done)

            cancelled = []
            head = upgrade.Stream(None, 99, 0)
            task = asyncio.create_task(request())
            await settle()
            looks = []
            for _ in range(2):
                looks.append(head.poll(20))
                await settle()
            self.assertEqual((looks, cancelled), ([2000, 0], [True, True]))
            await task

        run(main())

    def test_in_time(self):
        async def main():
            head = upgrade.Stream(None, 99, 20)
            await asyncio.sleep(0)
            timer.clear(head)
            await asyncio.sleep(0.04)
            self.assertFalse(head.done)

        run(main())


class TestMemoryOfAHead(unittest.TestCase):
    def collections(self, data, read_buffer_size):
        """(the request, how often memory was collected) for the bytes of one."""
        collections = []

        class GC:
            @staticmethod
            def collect():
                collections.append(1)

        async def create():
            reader, writer, peer = open_pair()
            peer.feed(data)
            return await Request.create(Microdot(), reader, writer, ('memory', 0))

        size = WebSocket.read_buffer_size
        WebSocket.read_buffer_size = read_buffer_size
        saved, upgrade.gc = upgrade.gc, GC
        try:
            return run(create()), len(collections)
        finally:
            upgrade.gc = saved
            WebSocket.read_buffer_size = size

    def test_it_is_collected_behind_that_of_a_handshake(self):
        once = 1 if timer.core else 0  # CPython has enough
        body = request_bytes(
            method='POST', Sec_WebSocket_Key=None, Sec_WebSocket_Version=None, Content_Length='6'
        )
        for data, times in (
            (request_bytes(), once),
            (request_bytes().lower().replace(b'get', b'GET').replace(b'http', b'HTTP'), once),
            (request_bytes(Sec_WebSocket_Key=None, Sec_WebSocket_Version=None), 0),
            (body + b'a\r\n\r\nb', 0),
        ):
            with self.subTest(data=data):
                self.assertEqual(self.collections(data, 512)[1], times)
                self.assertEqual(self.collections(data, 16384)[1], 0)

    def test_the_headers_stay_what_they_are(self):
        async def main():
            ws, _ = await open_websocket(request_bytes(X_One='Two, three', cookie='a=b'))
            headers = ws.request.headers
            self.assertEqual(headers['x-one'], 'Two, three')
            self.assertEqual(headers['X-ONE'], 'Two, three')
            self.assertEqual(headers['Cookie'], 'a=b')
            self.assertEqual(ws.request.cookies, {'a': 'b'})
            names = sorted(set(HEADERS) | {'X-One', 'cookie'})
            self.assertEqual(sorted(headers.keys()), names)
            self.assertEqual(type(headers), microdot.NoCaseDict)

        run(main())


class TestTestClient(unittest.TestCase):
    """Microdot's own TestClient: unmasked frames, HTTP/1.0, and streams with hardly a method."""

    def test_echo(self):
        WebSocket.max_message_length = LARGE
        # Both ends of it are on this machine, and the twin with them.
        messages = ['hello', b'bye', 'é' * 300, b'x' * (2000 if SMALL else LARGE)]
        results = []

        def client():
            for message in messages:
                results.append((yield message))

        async def main():
            for decorated in (True, False):
                test_client = TestClient(application(echo, decorated))
                response = await test_client.websocket('/', client)
                self.assertIsNone(response.body)

        try:
            with Console() as console:
                run(main())
        finally:
            WebSocket.max_message_length = -1
        self.assertEqual(results, messages * 2)
        self.assertEqual(console.printed, [])

    def test_plain_request(self):
        async def main():
            for decorated in (True, False):
                response = await TestClient(application(echo, decorated)).get('/')
                self.assertEqual(response.status_code, 400)
                self.assertIn('bad upgrade', response.text)

        run(main())


def with_lines(*lines):
    """A handshake with more header lines in front of the others."""
    first, _, rest = request_bytes().partition(b'\r\n')
    return b'\r\n'.join([first] + [line.encode() for line in lines] + [rest])


class TestRepeatedLines(unittest.TestCase):
    """They are one list (RFC 9110, section 5.3)."""

    def head(self, *lines, **options):
        app = Microdot()

        @app.route('/')
        @with_websocket(**options)
        async def route(request, ws):
            seen.append(request.headers)

        async def main():
            server = Server(app)
            server.peer.feed(with_lines(*lines) + close(1000))
            await server.run()
            return server.response()[0] + '\r\n'

        seen = []
        head = run(main())
        self.assertIn(' 101 ', head)
        return head, seen[0]

    def test_upgrade_and_connection(self):
        before = 'Connection: keep-alive', 'Upgrade: h2c'
        _, headers = self.head(*before)
        self.assertEqual(headers['connection'], 'keep-alive, Upgrade')
        self.assertEqual(headers['Upgrade'], 'h2c, websocket')
        request = request_bytes().replace(b'Connection: Upgrade\r\n', b'')
        request = request.replace(
            b'Upgrade: websocket', b'Connection: Upgrade\r\nUpgrade: websocket'
        )
        behind = b'\r\nconnection: keep-alive\r\nUPGRADE: h2c\r\n\r\n'

        async def main():
            server = Server(application(echo, True))
            server.peer.feed(request[:-4] + behind + close(1000))
            await server.run()
            self.assertIn(' 101 ', server.response()[0])

        run(main())

    def test_subprotocols(self):
        lines = (
            'Sec-WebSocket-Protocol: a',
            'Sec-Websocket-Protocol: b',
            'SEC-WEBSOCKET-PROTOCOL: c',
        )
        for ours in ('a', 'b', 'c'):
            head, _ = self.head(*lines, subprotocols=('x', ours))
            self.assertIn('\r\nSec-WebSocket-Protocol: %s\r\n' % ours, head)

    def test_extensions(self):
        lines = [
            'Sec-WebSocket-Extensions: ' + name for name in ('x', 'permessage-deflate', 'y; z=1')
        ]
        head, _ = self.head(*lines, compression=True)
        self.assertIn('\r\nSec-WebSocket-Extensions: permessage-deflate; ', head)

    def test_others_are_as_microdot_has_them(self):
        _, headers = self.head('Accept: a', 'accept: b', 'Cookie: c=d')
        self.assertEqual(headers['Accept'], 'b')
        self.assertEqual(headers['Cookie'], 'c=d')

    def test_what_the_application_sets_takes_the_place_of_it(self):
        app = application(echo, True)

        @app.before_request
        def behind_a_proxy(request):
            request.headers['Host'] = 'outside.example'
            request.headers['Origin'] = request.headers['origin'].upper()

        @app.route('/plain', methods=['GET', 'POST'])
        def plain(request):
            return request.headers['Host'] + request.headers['Origin'], 200, {'connection': 'a'}

        @app.after_request
        def edit(request, response):
            response.headers['Connection'] = 'close'
            seen.append(response.headers['CONNECTION'])

        async def answer(request):
            server = Server(app)
            server.peer.feed(request)
            await server.run()
            return server.response()

        seen = []
        head, _ = run(answer(request_bytes(Origin='x') + close(1000)))
        self.assertIn(' 101 ', head)
        for body in ({}, {'method': 'POST', 'Content_Length': '0'}):
            _, text = run(answer(request_bytes('/plain', Origin='x', **body)))
            self.assertEqual(text, b'outside.exampleX')
        self.assertEqual(seen, ['close'] * 3)


class TestResponses(unittest.TestCase):
    """What an application's handlers make of the response of a request that was upgraded."""

    def serve(self, app):
        """What is sent behind the handshake; there are two connections, one by one."""

        async def main():
            server = Server(app)
            server.peer.feed(request_bytes() + close(1000))
            await server.run()
            head, rest = server.response()
            self.assertIn(' 101 ', head)
            return rest

        with Console():
            self.assertEqual(run(main()), run(main()))
            rest = run(main())
        handled = Response.already_handled
        self.assertEqual((dict(handled.headers), handled.status_code), ({}, 200))
        return parse(rest)

    def test_they_edit_one_of_their_own(self):
        seen = []
        for decorated in (True, False):
            app = application(returning, decorated)

            @app.after_request
            def edit(request, response):
                self.assertFalse(response is Response.already_handled)
                response.set_cookie('a', 'b')
                response.status_code = 599
                seen.append(response.headers['Set-Cookie'])

            self.assertEqual(self.serve(app), [(0x88, b'\x03\xe8')])
        self.assertEqual(seen, [['a=b']] * 6)

    def test_they_return_another_one(self):
        for decorated in (True, False):
            app = application(returning, decorated)
            app.after_request(lambda request, response: Response('other'))
            self.assertEqual(self.serve(app), [(0x88, b'\x03\xe8')])

    def test_handlers_that_are_registered_late(self):
        async def handler(request, ws):
            @request.after_request
            def late(request, response):
                self.assertFalse(response is Response.already_handled)
                response.set_cookie('c', 'd')
                return Response('late')

        for decorated in (True, False):
            self.assertEqual(self.serve(application(handler, decorated)), [(0x88, b'\x03\xe8')])

    def test_after_errors(self):
        async def fails(request, ws):
            raise KeyError

        def edit(request, response):
            self.assertFalse(response is Response.already_handled)
            response.set_cookie('a', 'b')
            return Response('other')

        app = application(fails, False)
        app.after_error_request(edit)
        self.assertEqual(self.serve(app), [(0x88, b'\x03\xf3')])
        app.after_error_request(edit)  # late
        self.assertEqual(self.serve(app), [(0x88, b'\x03\xf3')])


async def returning(request, ws):
    pass


class TestNames(unittest.TestCase):
    def test_without_sha1(self):
        """The package can be imported, and only the handshake fails."""
        sha1, upgrade.sha1 = upgrade.sha1, None

        async def main():
            server = Server(application(echo, True))
            server.peer.feed(request_bytes())
            await server.run()
            return server.response()[0]

        try:
            with Console() as console:
                self.assertIn(' 500 ', run(main()))
        finally:
            upgrade.sha1 = sha1
        self.assertEqual([str(exc) for exc in console.printed], ['hashlib has no sha1'])
