"""The server's opening handshake, RFC 6455, sections 4.1 and 4.2: see upgrade.py."""

import unittest

from connection import HEADERS
from memory_stream import open_pair, run
from microdot import Microdot
from microdot.microdot import HTTPException, NoCaseDict, Request
from microdot_websocket import WebSocket, upgrade


class Client:
    """What a TestClient of Microdot has."""

    def __init__(self):
        self.written = b''

    async def awrite(self, data):
        self.written += data


def answer(method='GET', version='1.1', local=False, **changes):
    """The bytes of the response, or the status code if it is refused."""
    headers = NoCaseDict()
    for name, value in HEADERS.items():
        value = changes.get(name.replace('-', '_'), value)
        if value is not None:
            headers[name] = value

    async def main():
        if local:
            reader = writer = peer = Client()
        else:
            reader, writer, peer = open_pair()
        request = Request(Microdot(), None, method, '/', version, headers, sock=(reader, writer))
        try:
            await upgrade.handshake(WebSocket(request))
        except HTTPException as exc:
            return exc.status_code
        return bytes(peer.written if local else peer.sent)

    return run(main())


class TestHandshake(unittest.TestCase):
    def status(self, *args, **changes):
        result = answer(*args, **changes)
        return None if isinstance(result, bytes) else result

    def test_accepted(self):
        self.assertIsNone(self.status())
        self.assertIsNone(self.status('GET', '1.1', Upgrade='WebSocket', Connection='upgrade'))
        self.assertIsNone(self.status(Connection='keep-alive, Upgrade'))  # Firefox
        self.assertIsNone(
            self.status(Connection='Upgrade,HTTP2-Settings', Upgrade='h2c , websocket')
        )
        self.assertIsNone(self.status(Sec_WebSocket_Key='AAAAAAAAAAAAAAAAAAAAAA=='))
        self.assertIsNone(self.status('GET', '2'))

    def test_refused(self):
        self.assertEqual(self.status('POST'), 400)
        self.assertEqual(self.status('HEAD'), 400)
        for version in ('1.0', '0.9', ''):
            self.assertEqual(self.status('GET', version), 400)
        for value in (None, '', 'websockets', 'web socket', 'h2c'):
            self.assertEqual(self.status(Upgrade=value), 400, value)
        for value in (None, '', 'close', 'keep-alive', 'upgrades', 'no upgrade'):
            self.assertEqual(self.status(Connection=value), 400, value)

    def test_keys(self):
        for key in (
            None,
            '',
            'xxx',
            'dGhlIHNhbXBsZSBub25jZQ=',  # padding missing
            'dGhlIHNhbXBsZSBub25jZQ',
            'dGhlIHNhbXBsZSBub25jZTE=',  # 17 bytes
            'dGhlIHNhbXBsZSBub25j',  # 15 bytes
            'dGhlIHNhbXBs!SBub25jZQ==',
            'dGhlIHNhbXBsZSBub25jZQ==AAAA',
            'é' * 24,
        ):
            self.assertEqual(self.status(Sec_WebSocket_Key=key), 400, key)

    def test_versions(self):
        for version in (None, '', '8', '12', '14', '13,8', '0x13'):
            self.assertEqual(self.status(Sec_WebSocket_Version=version), 426, version)
        # What is no handshake at all is no matter of versions.
        for name in ('Upgrade', 'Connection', 'Sec_WebSocket_Key'):
            changes = {name: None, 'Sec_WebSocket_Version': '8'}
            self.assertEqual(self.status(**changes), 400)

    def test_in_process_clients_may_speak_http_1_0(self):
        self.assertIsNone(self.status('GET', '1.0', local=True))
        self.assertEqual(self.status('POST', '1.0', local=True), 400)
        self.assertEqual(self.status('GET', '1.0', local=True, Upgrade=None), 400)
        self.assertIsNone(self.status('GET', '1.0', local=True, Host=None))

    def test_accept_key(self):
        # The example of section 1.3
        key = upgrade.accept('dGhlIHNhbXBsZSBub25jZQ==')
        self.assertEqual(key, b's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')

    def test_response(self):
        for local in (False, True):
            lines = answer(local=local).decode().split('\r\n')
            self.assertEqual(lines[0], 'HTTP/1.1 101 Switching Protocols')
            expected = ['Connection: Upgrade', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=']
            self.assertEqual(sorted(lines[1:-2]), expected + ['Upgrade: websocket'])
            self.assertEqual(lines[-2:], ['', ''])
