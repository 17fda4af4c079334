"""TLS of a client: what verifies the server's certificate."""

import sys
from binascii import a2b_base64

if False:  # for type checkers alone
    from collections.abc import Iterator
    from typing import Any


_BEGIN = b'-----BEGIN CERTIFICATE-----'  # RFC 7468
_END = b'-----END'


def context(ssl: 'Any') -> 'Any':
    """The SSLContext for what ``connect()`` takes as ``ssl``.

    ValueError: no certificate; or nothing to verify with, on MicroPython, which knows no
    authorities. OSError: no such file. NotImplementedError: this firmware cannot verify. TypeError:
    something else, as 0, which must not stand for no TLS.
    """
    if ssl is None or ssl is True:
        return _default()
    if isinstance(ssl, str) or hasattr(ssl, '__fspath__'):
        with open(ssl, 'rb') as file:
            ssl = file.read()
    elif ssl is not False and not isinstance(ssl, (bytes, bytearray)):
        if not hasattr(ssl, 'wrap_socket'):
            raise TypeError("ssl is a certificate, its file's name, an SSLContext or False")
        return ssl
    tls: Any = __import__('ssl' if sys.implementation.name == 'cpython' else 'tls')
    made = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)  # verifies, unless it is told not to
    if ssl is False:
        if hasattr(made, 'check_hostname'):
            made.check_hostname = False
        made.verify_mode = tls.CERT_NONE
    elif not hasattr(made, 'load_verify_locations'):
        raise NotImplementedError('this firmware cannot verify a certificate: ssl=False')
    else:
        for certificate in certificates(ssl):
            _trust(made, certificate)
    return made


def _default() -> 'Any':
    raise ValueError('wss:// needs the certificate of an authority: ssl=, or False for none')


def _trust(context: 'Any', certificate: bytes) -> None:
    context.load_verify_locations(certificate)


if sys.implementation.name == 'cpython':
    from ..cpython.tls import default as _default  # noqa: F811
    from ..cpython.tls import trust as _trust  # noqa: F811


def certificates(data: 'Any') -> 'Iterator[bytes]':
    """Those in PEM or DER, each in DER, which every firmware takes."""
    if _BEGIN not in data:
        yield bytes(data)
    for part in data.split(_BEGIN)[1:]:
        yield a2b_base64(part.partition(_END)[0])


class Sockets:
    """What a connection of MicroPython's has to close. TLS closes its socket, but for one whose
    certificate it has refused."""

    tls: 'Any' = None

    def __init__(self, socket: 'Any') -> None:
        self.socket = socket
        self.tls = None  # of the object already: to keep it must not fail

    def close(self) -> None:
        if self.tls:
            self.tls.close()
        self.socket.close()  # again, perhaps, but with nothing opened in between


def wrap(client: 'Any', ws: 'Any', sock: 'Any') -> 'Any':
    """Encrypt what goes through the socket of a ``connect``, on MicroPython, where the first reads
    and writes do the handshake of TLS. They raise ValueError if the certificate is refused."""
    sockets = ws.socket = Sockets(sock)
    tls = sockets.tls = client.context.wrap_socket(
        sock, server_hostname=client.parts[1], do_handshake_on_connect=False
    )
    tls.setblocking(False)
    return tls
