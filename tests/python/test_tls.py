"""What verifies a server's certificate; over sockets: tests/server/test_client_tls.py."""

import sys
import unittest
from binascii import b2a_base64

from microdot_websocket.client import connect
from microdot_websocket.features.tls import Sockets, certificates, context, wrap
from network import Context


def pem(data):
    lines = b2a_base64(data).strip()
    return b'-----BEGIN CERTIFICATE-----\n%s\n%s\n-----END CERTIFICATE-----\n' % (
        lines[:8],
        lines[8:],
    )


class TestCertificates(unittest.TestCase):
    def test_der_is_taken_as_it_is(self):
        for data in (b'\x30\x82', bytearray(b'\x30\x82')):
            self.assertEqual(list(certificates(data)), [b'\x30\x82'])

    def test_pem(self):
        data = bytes(range(100))
        for text, expected in (
            (pem(data), [data]),
            (b'by hand:\n' + pem(data) + b'and\r\n' + pem(b'x' * 9), [data, b'x' * 9]),
        ):
            self.assertEqual(list(certificates(text)), expected)


class TestContext(unittest.TestCase):
    def test_one_of_the_application(self):
        own = Context()
        self.assertIs(context(own), own)

    def test_what_is_none(self):
        """What counts as false would be taken for no TLS at all."""
        for ssl in (0, (), [], {}, 1, 5.0, memoryview(b'x'), object()):
            with self.assertRaises(TypeError):
                context(ssl)
            with self.assertRaises(TypeError):
                connect('wss://a.example/', ssl=ssl)
        connect('ws://a.example/', ssl=0)  # where nothing looks at it

    def test_it_verifies_unless_it_is_told_not_to(self):
        if sys.implementation.name == 'cpython':
            for ssl in (None, True):
                made = context(ssl)
                self.assertEqual((int(made.verify_mode), made.check_hostname), (2, True))
        else:
            for ssl in (None, True):
                with self.assertRaises(ValueError):  # it has nothing to verify with
                    context(ssl)
                with self.assertRaises(ValueError):
                    connect('wss://a.example/', ssl=ssl)

    def test_no_such_file(self):
        with self.assertRaises(OSError):
            context('no/such/file.pem')


class Socket:
    def __init__(self, calls):
        self.calls = calls

    def close(self):
        self.calls.append('socket')


class Tls:
    """In place of an SSLContext and what it makes of a socket."""

    def __init__(self, calls, fails=False):
        self.calls = calls
        self.fails = fails

    def wrap_socket(self, sock, server_hostname, do_handshake_on_connect):
        if self.fails:
            raise MemoryError
        self.calls.append((server_hostname, do_handshake_on_connect))
        return self

    def setblocking(self, flag):
        self.calls.append(flag)

    def close(self):
        self.calls.append('tls')


class Owner:
    """In place of a connection, and of the ``connect`` that it is of."""

    socket = None

    def __init__(self, context):
        self.context = context
        self.parts = True, 'a.example'


class TestWrap(unittest.TestCase):
    """What MicroPython does."""

    def test_both_are_closed(self):
        calls = []
        tls = Tls(calls)
        owner = Owner(tls)
        self.assertIs(wrap(owner, owner, Socket(calls)), tls)
        owner.socket.close()
        self.assertEqual(calls, [('a.example', False), False, 'tls', 'socket'])

    def test_no_memory(self):
        calls = []
        owner = Owner(Tls(calls, fails=True))
        with self.assertRaises(MemoryError):
            wrap(owner, owner, Socket(calls))
        owner.socket.close()
        self.assertEqual(calls, ['socket'])

    def test_a_socket_alone(self):
        calls = []
        Sockets(Socket(calls)).close()
        self.assertEqual(calls, ['socket'])
