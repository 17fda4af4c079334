"""What verifies a server's certificate on CPython."""

import ssl
from types import SimpleNamespace
from unittest import mock

import pytest
import trustme
from as_on_a_board import as_on_a_board
from microdot_websocket.features import tls


def test_an_authority(tmp_path):
    authority = trustme.CA()
    path = tmp_path / 'authority.pem'
    authority.cert_pem.write_to_path(path)
    for given in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
        made = tls.context(given)
        assert made.verify_mode == ssl.CERT_REQUIRED
        assert made.check_hostname
        assert len(made.get_ca_certs()) == 1  # and none of the system's


def test_nothing_is_verified():
    made = tls.context(False)
    assert made.verify_mode == ssl.CERT_NONE
    assert not made.check_hostname


def test_no_certificate():
    for given in (b'', b'rubbish', b'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'):
        with pytest.raises(ValueError):
            tls.context(given)


class Context:
    def __init__(self, protocol):
        self.trusted = []


class Verifying(Context):
    def load_verify_locations(self, certificate):
        self.trusted.append(certificate)


def on_a_board(kind):
    """The module, and what it takes for MicroPython's `tls`."""
    return as_on_a_board(tls), SimpleNamespace(SSLContext=kind, PROTOCOL_TLS_CLIENT=0, CERT_NONE=0)


def context_on_a_board(kind, given):
    board, fake = on_a_board(kind)
    ours = SimpleNamespace(name='micropython')
    with mock.patch.dict('sys.modules', tls=fake), mock.patch('sys.implementation', ours):
        return board.context(given)


def test_on_a_board():
    assert context_on_a_board(Verifying, b'x').trusted == [b'x']
    with pytest.raises(ValueError):
        context_on_a_board(Verifying, None)


def test_firmware_that_cannot_verify():
    """The ESP8266's."""
    with pytest.raises(NotImplementedError):
        context_on_a_board(Context, b'x')
    assert context_on_a_board(Context, False).verify_mode == 0
