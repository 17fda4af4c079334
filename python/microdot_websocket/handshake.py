"""The server's opening handshake: RFC 6455, section 4.2."""

from binascii import a2b_base64, b2a_base64
from hashlib import sha1

_GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'


def _has_token(headers, name, token):
    """Whether the header, a comma-separated list, holds the token (in lower case)."""
    for item in headers.get(name, '').split(','):
        if item.strip().lower() == token:
            return True
    return False


def _is_key(key):
    """Whether ``key`` is 16 bytes in base64 (section 4.1, item 7)."""
    try:
        return len(key) == 24 and len(a2b_base64(key)) == 16
    except ValueError:
        return False


def refusal(request, in_process=False):
    """Why this is no WebSocket handshake: ``(status code, reason)``, or None if it is one.

    :param request: a Microdot ``Request``.
    :param in_process: whether it comes from Microdot's TestClient, which speaks HTTP/1.0.
    """
    headers = request.headers
    status = 400
    if request.method != 'GET':
        bad = 'method'
    elif request.http_version < '1.1' and not in_process:
        bad = 'HTTP version'
    elif not _has_token(headers, 'Upgrade', 'websocket'):
        bad = 'Upgrade'
    elif not _has_token(headers, 'Connection', 'upgrade'):
        bad = 'Connection'
    elif not _is_key(headers.get('Sec-WebSocket-Key', '')):
        bad = 'Sec-WebSocket-Key'
    elif headers.get('Sec-WebSocket-Version', '').strip() != '13':
        status = 426
        bad = 'Sec-WebSocket-Version, which must be 13'
    else:
        return None
    return status, 'WebSocket handshake: bad ' + bad


def accept_key(key):
    """The Sec-WebSocket-Accept value, bytes, for a Sec-WebSocket-Key (section 4.2.2, item 5.4)."""
    digest = sha1(key.encode())
    digest.update(_GUID)
    return b2a_base64(digest.digest()).strip()


def response(request, headers=b''):
    """The response that accepts the handshake, bytes; ``headers`` is a part of it."""
    return (
        b'HTTP/1.1 101 Switching Protocols\r\n'
        b'Upgrade: websocket\r\n'
        b'Connection: Upgrade\r\n'
        b'Sec-WebSocket-Accept: '
        + accept_key(request.headers['Sec-WebSocket-Key'])
        + b'\r\n'
        + headers
        + b'\r\n'
    )
