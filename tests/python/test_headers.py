"""The application's own headers and cookies in the handshake's response."""

import unittest

from connection import Server, open_websocket, request_bytes
from frames import close
from memory_stream import run, settle
from microdot import Microdot, Response, microdot
from microdot_websocket import WebSocket, websocket_upgrade, with_websocket
from microdot_websocket.features.headers import check_headers, field_lines


def serve(app, **headers):
    """(the lines of the response's head, the bytes behind it)"""

    async def main():
        server = Server(app)
        server.peer.feed(request_bytes(**headers) + close(1000))
        server.peer.end()
        await server.run()
        head, rest = server.response()
        return head.split('\r\n'), rest

    return run(main())


class TestOption(unittest.TestCase):
    def test_of_the_decorator(self):
        app = Microdot()
        options = {'Server': 'board', 'Set-Cookie': ['a=1; Path=/', 'b=2'], 'X-Count': 3}

        @app.route('/')
        @with_websocket(headers=options, subprotocols=('chat',))
        async def route(request, ws):
            pass

        for _ in range(2):  # nothing piles up
            lines, _ = serve(app, Sec_WebSocket_Protocol='chat')
            self.assertEqual(lines[0], 'HTTP/1.1 101 Switching Protocols')
            own = sorted(lines[4:])
            self.assertEqual(
                own,
                [
                    'Sec-WebSocket-Protocol: chat',
                    'Server: board',
                    'Set-Cookie: a=1; Path=/',
                    'Set-Cookie: b=2',
                    'X-Count: 3',
                ],
            )

    def test_cookies_of_a_response(self):
        app = Microdot()

        @app.route('/')
        async def route(request):
            response = Response()
            response.set_cookie('seen', 'yes', http_only=True)
            ws = await websocket_upgrade(request, headers=response.headers)
            await ws.send('x')

        lines, rest = serve(app)
        self.assertEqual(lines[4:], ['Set-Cookie: seen=yes; HttpOnly'])
        self.assertEqual(rest[:3], b'\x81\x01x')

    def test_mistakes_are_found_when_the_route_is_declared(self):
        for headers, error in (
            ({'Connection': 'close'}, ValueError),
            ({'upgrade': 'x'}, ValueError),
            ({'Sec-WebSocket-Accept': 'x'}, ValueError),
            ({'Content-Length': '0'}, ValueError),
            ({'A B': 'x'}, ValueError),
            ({'': 'x'}, ValueError),
            ({'\u212aelvin': 'x'}, ValueError),
            ({'A': 'x\r\nB: y'}, ValueError),
            ({'A': ['x', 'y\n']}, ValueError),
            ({'A': 'x\0'}, ValueError),
            ('A: x', TypeError),
        ):
            with self.assertRaises(error):
                with_websocket(headers=headers)
        self.assertTrue(callable(with_websocket(headers=None)))

    def test_a_mistake_in_the_handshake_is_an_error_and_no_half_response(self):
        app = Microdot()

        @app.route('/')
        async def route(request):
            await websocket_upgrade(request, headers={'A': 'x\r\nB: y'})

        printed, saved = [], microdot.print_exception
        microdot.print_exception = printed.append
        try:
            lines, _ = serve(app)
        finally:
            microdot.print_exception = saved
        self.assertIn(' 500 ', lines[0])
        self.assertTrue(isinstance(printed[0], ValueError))


class TestAfterRequest(unittest.TestCase):
    """Handlers of the request, as Microdot's session registers one when it is saved."""

    def test_a_session_that_was_saved_before(self):
        app = Microdot()
        calls = []

        @app.route('/')
        async def route(request):
            @request.after_request
            async def save(request, response):
                calls.append(response.status_code)
                response.set_cookie('session', 'abc', path='/', http_only=True)
                return response

            @request.after_request
            def more(request, response):
                response.headers['X-More'] = 'yes'
                response.headers['Content-Type'] = 'text/html'  # of a body, which it has not

            await websocket_upgrade(request)

        lines, _ = serve(app)
        self.assertEqual(
            sorted(lines[4:]), ['Set-Cookie: session=abc; Path=/; HttpOnly', 'X-More: yes']
        )
        self.assertEqual(calls, [101])  # once

    def test_of_a_before_request_handler(self):
        app = Microdot()

        @app.before_request
        async def before(request):
            @request.after_request
            def after(request, response):
                other = Response()
                other.set_cookie('a', 'b')
                return other

        @app.route('/')
        @with_websocket(headers={'X': 'y'})
        async def route(request, ws):
            pass

        lines, _ = serve(app)
        self.assertEqual(lines[4:], ['Set-Cookie: a=b'])  # the response is theirs

    def test_a_cookie_of_the_handler_leaves_the_option_as_it_is(self):
        app = Microdot()
        cookies = ['a=1']

        @app.route('/')
        async def route(request):
            @request.after_request
            def save(request, response):
                response.set_cookie('b', '2')

            await websocket_upgrade(request, headers={'Set-Cookie': cookies})

        lines, _ = serve(app)
        self.assertEqual(lines[4:], ['Set-Cookie: a=1', 'Set-Cookie: b=2'])
        self.assertEqual(cookies, ['a=1'])

    def test_a_request_that_is_refused_calls_none(self):
        app = Microdot()
        calls = []

        @app.route('/')
        async def route(request):
            request.after_request(lambda request, response: calls.append(response))
            await websocket_upgrade(request, origins=('http://a.example',))

        for headers, status in (
            ({'Sec_WebSocket_Version': '12'}, ' 426 '),
            ({'Origin': 'http://b.example'}, ' 403 '),
        ):
            lines, _ = serve(app, **headers)
            self.assertIn(status, lines[0])
        self.assertEqual(calls, [])


class TestLines(unittest.TestCase):
    def test_names_and_values(self):
        self.assertEqual(
            field_lines({"!#$%&'*+-.^_`|~09azAZ": 'x y\té'}), "!#$%&'*+-.^_`|~09azAZ: x y\té\r\n"
        )
        self.assertEqual(field_lines({}), '')
        self.assertEqual(field_lines({'X': [b'eA==', 'y']}), 'X: eA==\r\nX: y\r\n')
        self.assertEqual(field_lines({'Upgrade': 'x', 'A': []}), '')
        check_headers({'X': ['a', 'b']})


class TestPlaces(unittest.TestCase):
    def test_a_client_that_is_refused_takes_nobodys_place(self):
        """As a page of another site, with evict_idle."""
        saved = WebSocket.max_connections
        WebSocket.max_connections = 1
        WebSocket.evict_idle = True

        async def main():
            ws, peer = await open_websocket()
            try:
                await open_websocket(
                    request_bytes(Origin='http://b.example'), {'origins': ('http://a.example',)}
                )
                raise AssertionError('it was not refused')
            except microdot.HTTPException as exc:
                self.assertEqual(exc.status_code, 403)
            await settle()
            self.assertFalse(ws.closed)
            self.assertEqual(peer.sent, b'')

        try:
            run(main())
        finally:
            WebSocket.max_connections = saved
            WebSocket.evict_idle = False
