"""What an application adds to a client's request: headers, subprotocols, a user and a password."""

from binascii import b2a_base64

from microdot.microdot import urldecode

if False:  # for type checkers alone
    from typing import Any


_OWN = 'upgrade', 'connection'  # and those of the protocol
_BYTES = bytes, bytearray  # as binascii returns them


def add(fields: 'dict[str, str]', headers: 'Any', subprotocols: 'Any', user: str) -> None:
    """Add them to a request's header fields. ValueError: one would be no HTTP.

    :param user: ``name:password``, as a URL has it; ``headers`` may say otherwise.
    """
    if user:
        fields['authorization'] = basic(user)
    if not hasattr(headers, 'items'):
        raise TypeError('headers is a dict')
    for name, value in headers.items():
        name = _token(name)
        if name in _OWN or name[:14] == 'sec-websocket-':
            raise ValueError("the header '%s' is not for you to set" % name)
        value = str(value, 'utf-8') if isinstance(value, _BYTES) else str(value)
        for c in '\r\n\0':
            if c in value:
                raise ValueError("the header '%s' has a line break or NUL" % name)
        fields[name] = value
    if subprotocols:
        for name in subprotocols:
            _token(name)
        fields['sec-websocket-protocol'] = ', '.join(subprotocols)


def basic(user: str) -> str:
    """The Authorization header (RFC 7617) of a name and password in which %40 stands for @."""
    name, _, password = user.replace('+', '%2B').partition(':')
    data = '%s:%s' % (urldecode(name), urldecode(password))
    return 'Basic ' + b2a_base64(data.encode()).strip().decode()


def _token(name: str) -> str:
    """A name in lower case; ValueError for what is no token (RFC 9110, section 5.6.2)."""
    name = name.lower()
    for c in name or ' ':
        if not ('a' <= c <= 'z' or '0' <= c <= '9' or c in "!#$%&'*+-.^_`|~"):
            raise ValueError("'%s' is no token" % name)
    return name
