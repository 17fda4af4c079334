"""The options of with_websocket() and websocket_upgrade()."""

import sys
import unittest

from connection import Server, end_of, open_websocket, request_bytes
from frames import CONT, TEXT, close, frame
from memory_stream import noted_reads, run
from microdot import Microdot
from microdot_websocket import websocket_upgrade, with_websocket


def answer(options, **headers):
    """(the HTTP head of the response, what the handler saw)"""
    app = Microdot()
    seen = []

    @app.route('/')
    @with_websocket(**options)
    async def route(request, ws):
        seen.append(ws)
        await ws.receive()

    async def main():
        server = Server(app)
        server.peer.feed(request_bytes(**headers) + frame(TEXT, 'x') + close(1000))
        server.peer.end()
        await server.run()
        return server.response()[0]

    return run(main()), seen


class TestDecorator(unittest.TestCase):
    def test_all_its_forms(self):
        async def handler(request, ws):
            pass

        for wrapped in (
            with_websocket(handler),
            with_websocket()(handler),
            with_websocket(ping_interval=20)(handler),
            with_websocket(handler, ping_interval=20),
        ):
            self.assertTrue(callable(wrapped))

    def test_mistakes(self):
        for options, word in (
            ({'ping_intervall': 20}, 'ping_intervall'),
            ({'handshake_timeout': 20}, 'handshake_timeout'),
            ({'subprotocols': 'chat'}, 'subprotocols'),
            ({'origins': 'http://a.example'}, 'origins'),
            ({'compression': {'threshold': 10, 'window': 9}}, "'window', but level, threshold"),
            ({'compression': 'yes'}, 'compression'),
            ({'compression': 6}, 'compression'),
            ({'compression': {'level': '6'}}, 'level is an int'),
            ({'compression': {'threshold': None}}, 'threshold is an int'),
            ({'subprotocols': 5}, 'subprotocols is a tuple of str'),
            ({'subprotocols': ('chat', None)}, 'subprotocols is a tuple of str'),
            ({'subprotocols': (name for name in ('chat',))}, 'subprotocols is a tuple of str'),
            ({'origins': 5}, 'origins is a tuple of str'),
            ({'origins': ('http://a.example', 5)}, 'origins is a tuple of str'),
            ({'origins': iter(('http://a.example',))}, 'origins is a tuple of str'),
            ({'on_disconnect': 'print'}, 'on_disconnect'),
            ({'max_message_length': '1k'}, "max_message_length is an int, not '1k'"),
            ({'max_message_length': 1e6}, 'max_message_length is an int'),
            ({'max_fragments': None}, 'max_fragments is an int'),
            ({'ping_interval': '20'}, "ping_interval is a number, not '20'"),
            ({'frame_timeout': '5'}, 'frame_timeout is a number'),
            ({'send_timeout': None}, 'send_timeout is a number'),
        ):
            with self.assertRaises(TypeError) as raised:
                with_websocket(**options)
            self.assertIn(word, str(raised.exception))

    def test_numbers_that_they_cannot_be(self):
        for options, words in (
            ({'max_message_length': -2}, 'max_message_length cannot be -2'),
            ({'max_fragments': -1}, 'max_fragments cannot be -1'),
            ({'max_incomplete': -1}, 'max_incomplete cannot be -1'),
            ({'read_buffer_size': -1}, 'read_buffer_size cannot be -1'),
            ({'compression': {'level': -2}}, 'level cannot be -2'),
            ({'compression': {'level': 10}}, 'level cannot be 10'),
            ({'compression': {'threshold': -1}}, 'threshold cannot be -1'),
        ):
            with self.assertRaises(ValueError) as raised:
                with_websocket(**options)
            self.assertEqual(str(raised.exception), words)
        with_websocket(max_message_length=-1, compression={'level': -1})

    def test_none_of_them(self):
        head, seen = answer({'subprotocols': None, 'origins': None, 'on_disconnect': None})
        self.assertIn(' 101 ', head)
        self.assertIs(seen[0].subprotocol, None)

    def test_attributes(self):
        _, seen = answer({'max_message_length': 5, 'close_timeout': 0})
        ws = seen[0]
        self.assertEqual((ws.max_message_length, ws.close_timeout), (5, 0))

        async def main():
            options = {'read_buffer_size': 200, 'max_fragments': 1, 'close_timeout': 0}
            ws, peer = await open_websocket(None, options)
            with noted_reads(peer) as reads:
                peer.feed(frame(TEXT, 'x') + frame(TEXT, fin=False) + frame(CONT))
                self.assertEqual(await ws.receive(), 'x')
                self.assertTrue(198 <= max(reads) <= 200)
            self.assertEqual((await end_of(ws.receive()))[0], 1008)

        run(main())

    def test_upgrade_takes_them_too(self):
        app = Microdot()

        @app.route('/')
        async def route(request):
            ws = await websocket_upgrade(request, subprotocols=('a',))
            await ws.send(ws.subprotocol)

        async def main():
            server = Server(app)
            server.peer.feed(request_bytes(Sec_WebSocket_Protocol='a') + close())
            server.peer.end()
            await server.run()
            return server.response()

        head, rest = run(main())
        self.assertIn('\r\nSec-WebSocket-Protocol: a\r\n', head + '\r\n')
        self.assertEqual(rest[:3], b'\x81\x01a')


class TestSubprotocols(unittest.TestCase):
    def test_the_servers_order_decides(self):
        for asked, ours, chosen in (
            ('a, b', ('b', 'a'), 'b'),
            (' b ,a', ('a',), 'a'),
            ('a', ['A'], None),  # they are case-sensitive
            ('ab', ('a', 'b'), None),
            (None, ('a',), None),
            ('a', (), None),
            ('', ('a',), None),
        ):
            head, seen = answer({'subprotocols': ours}, Sec_WebSocket_Protocol=asked)
            self.assertIn(' 101 ', head)
            self.assertEqual(seen[0].subprotocol, chosen)
            self.assertEqual('Sec-WebSocket-Protocol: %s' % chosen in head, chosen is not None)
            self.assertEqual('Sec-WebSocket-Protocol' in head, chosen is not None)

    def test_what_is_none(self):
        """It would match nothing, and nobody would know why."""
        for name in ('', 'a,b', 'a b', ' a', 'a\n'):
            with self.assertRaises(ValueError):
                with_websocket(subprotocols=('x', name))


class TestOrigins(unittest.TestCase):
    def test_others_get_403(self):
        ours = ('https://board.example', 'http://10.0.0.7:5000')
        for origins, origin, allowed in (
            (ours, 'https://board.example', True),
            (ours, 'HTTPS://Board.example', True),
            (ours, 'http://10.0.0.7:5000', True),
            (ours, 'http://10.0.0.7', False),
            (ours, 'https://board.example.evil.example', False),
            (ours, 'null', False),
            (ours, '', False),
            (ours, None, False),
            (ours + (None,), None, True),
            (ours + (None,), 'http://evil.example', False),
            ((), 'https://board.example', False),
        ):
            head, seen = answer({'origins': origins}, Origin=origin)
            self.assertIn(' 101 ' if allowed else ' 403 ', head)
            self.assertEqual(len(seen), 1 if allowed else 0)

    def test_what_is_in_no_origin_header(self):
        """It would match nothing, and nobody would know why."""
        for origin in (
            '',
            '*',
            'board.example',
            'https://',
            'https://board.example/',
            'https://board.example/chat',
            'http://10.0.0.7:5000/',
            'https://board.example:443',
            'HTTP://board.example:80',
        ):
            ours = None, 'https://board.example', origin
            with self.assertRaises(ValueError) as raised:
                with_websocket(origins=ours)
            self.assertIn("'%s'" % origin, str(raised.exception))
            with self.assertRaises(ValueError):
                run(open_websocket(None, {'origins': ours}))
        with_websocket(origins=('null', 'http://board.example:443', 'http://[::1]:5000', 'app://x'))
        with_websocket(origins=None)

    def test_without_the_option_anybody_may_come(self):
        head, _ = answer({'ping_interval': 0}, Origin='http://evil.example')
        self.assertIn(' 101 ', head)

    def test_a_bad_handshake_is_told_so_first(self):
        head, _ = answer({'origins': ()}, Sec_WebSocket_Key='x')
        self.assertIn(' 400 ', head)


class TestCompression(unittest.TestCase):
    def test_both_sides_must_want_it(self):
        offer = 'other, permessage-deflate; client_max_window_bits'
        for ours, theirs, agreed in (
            (True, offer, True),
            ({}, offer, True),
            ({'threshold': 100, 'level': 1}, offer, True),
            (True, None, False),
            (True, 'permessage-deflate; unknown', False),
            (True, 'other', False),
            (False, offer, False),
            (None, offer, False),
        ):
            head, seen = answer({'compression': ours}, Sec_WebSocket_Extensions=theirs)
            self.assertIn(' 101 ', head)
            self.assertIs(seen[0].compression, agreed)
            self.assertEqual('\r\nSec-WebSocket-Extensions: perm' in head, agreed)
            self.assertEqual('Extensions' in head, agreed)

    def test_the_window_suits_the_limit(self):
        offer = 'permessage-deflate; client_max_window_bits'
        for limit, bits in ((1000, 10), (-1, 14), (0, 15), (100000, 15)):
            options = {'compression': True, 'max_message_length': limit}
            head, _ = answer(options, Sec_WebSocket_Extensions=offer)
            self.assertIn('; client_max_window_bits=%d\r\n' % bits, head + '\r\n')

    def test_it_is_imported_when_a_route_is_declared(self):
        """Not while serving, when the memory for it may be missing."""
        name = 'microdot_websocket.features.compression'
        module = sys.modules.pop(name, None)
        try:
            for option, wanted in ((None, False), (False, False), ({}, True), (True, True)):
                sys.modules.pop(name, None)
                with_websocket(compression=option)
                self.assertEqual(name in sys.modules, wanted, option)
        finally:
            if module:
                sys.modules[name] = module
