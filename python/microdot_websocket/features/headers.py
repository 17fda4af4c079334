"""Headers of the application's in the handshake's response: the option ``headers``, and what was
set by handlers of Microdot's ``request.after_request``, as a session is saved."""

from microdot import Response
from microdot.microdot import invoke_handler

if False:  # for type checkers alone
    from collections.abc import Mapping
    from typing import Any

    from microdot import Request


# Of the handshake, and of a body, which a response 101 has not (RFC 9110, section 8.6).
_OWN = 'connection', 'upgrade', 'content-length', 'content-type', 'transfer-encoding'
_TOKEN = "!#$%&'*+-.^_`|~"


def check_headers(headers: 'Mapping[str, Any]') -> None:
    """ValueError for one that is no header, or not the application's to set."""
    for name in headers:
        if is_own(name):
            raise ValueError("the header '%s' is not for you to set" % name)
    field_lines(headers)


def is_own(name: str) -> bool:
    name = name.lower()
    return name in _OWN or name[:14] == 'sec-websocket-'


def field_lines(headers: 'Mapping[str, Any]') -> str:
    """The lines of headers, each str or a list of str, as Microdot has cookies; without those that
    are the handshake's. ValueError: no name (RFC 9110, section 5.1), or a value of several lines.
    """
    lines = ''
    for name, value in headers.items():
        if is_own(name):
            continue
        for c in name or ' ':
            if not ('a' <= c <= 'z' or 'A' <= c <= 'Z' or '0' <= c <= '9' or c in _TOKEN):
                raise ValueError("'%s' is no name of a header" % name)
        for item in value if isinstance(value, list) else (value,):
            item = str(item, 'utf-8') if isinstance(item, bytes) else str(item)
            for c in '\r\n\0':
                if c in item:
                    raise ValueError("the header '%s' has a line break or NUL" % name)
            lines += '%s: %s\r\n' % (name, item)
    return lines


async def response_headers(request: 'Request', headers: 'Mapping[str, Any]') -> str:
    """The lines of the option's headers, and of what the request's handlers make of them. These are
    not called again at the end: a request has one response."""
    response = Response(b'', 101)
    for name, value in headers.items():
        # A list of its own, to which a handler may add a cookie.
        response.headers[name] = list(value) if isinstance(value, list) else value
    handlers = request.after_request_handlers
    while handlers:
        response = await invoke_handler(handlers.pop(0), request, response) or response
    return field_lines(response.headers)
