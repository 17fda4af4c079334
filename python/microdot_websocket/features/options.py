"""The options of ``with_websocket`` and ``websocket_upgrade``: imported where there are any."""

from ..upgrade import handshake, upgrade, websocket_wrapper
from . import load
from .attributes import check, give

if False:  # for type checkers alone
    from collections.abc import Callable, Collection
    from typing import Any

    from microdot import Request

    from ..websocket import WebSocket


def decorated(f: 'Callable[..., Any] | None', options: 'dict[str, Any]') -> 'Callable[..., Any]':
    """What ``with_websocket`` returns, with options or in ``@with_websocket()``."""
    check(options)
    check_values(options)

    # Now: while a server runs, the memory for it may be missing, and so may the stack.
    if options.get('compression') not in (None, False):
        load('compression')
    if options.get('ping_interval'):
        load('ping')
    if options.get('on_disconnect'):
        load('ended')

    async def upgrade_with_options(request: 'Request') -> 'WebSocket':
        return await upgrade(request, options)

    def decorate(f: 'Callable[..., Any]') -> 'Callable[..., Any]':
        return websocket_wrapper(f, upgrade_with_options)

    return decorate(f) if f else decorate


async def open(ws: 'WebSocket', options: 'dict[str, Any]') -> None:
    """Give a connection its options, and do its handshake."""
    give(ws, options)
    check_values(options)

    async def negotiate(ws: 'WebSocket') -> tuple[bytes, int]:
        return await _negotiate(ws, options)

    await handshake(ws, negotiate)
    if ws.ping_interval > 0:
        load('ping').start(ws)
    if options.get('on_disconnect'):
        load('ended').on_disconnect(ws, options['on_disconnect'])


async def _negotiate(ws: 'WebSocket', options: 'dict[str, Any]') -> tuple[bytes, int]:
    """What the options make of the handshake: more headers, bytes, and the limit of compressed
    messages, 0 if there are none.

    HTTPException 403: the request's origin is none of ``origins``.
    """
    request = ws.request
    origins = options.get('origins')
    if origins is not None and not is_allowed(request.headers.get('Origin'), origins):
        request.app.abort(403, 'WebSocket handshake: this Origin is not allowed')
    headers = ''
    subprotocol = choose(request.headers, options.get('subprotocols') or ())
    if subprotocol:
        ws.subprotocol = subprotocol
        headers = 'Sec-WebSocket-Protocol: %s\r\n' % subprotocol
    if options.get('headers') or request.after_request_handlers:
        headers += await load('headers').response_headers(request, options.get('headers') or {})
    compression = options.get('compression')
    extensions = request.headers.get('Sec-WebSocket-Extensions', '')
    agreed = None
    if compression not in (None, False) and 'permessage-deflate' in extensions:
        module = load('compression')
        limit = module.message_limit(ws)
        agreed = module.accept(extensions, limit)
        if agreed:
            headers += 'Sec-WebSocket-Extensions: %s\r\n' % agreed[0]
            ws.compressed = module.Compression(ws, agreed, compression, limit)
    return headers.encode(), ws.compressed.limit if agreed else 0


def check_values(options: 'dict[str, Any]') -> None:
    """ValueError if one of the headers may not be sent, or no client ever sends one of the origins
    or subprotocols."""
    check_origins(options.get('origins'))
    for name in options.get('subprotocols') or ():
        if not name or name.split() != [name] or ',' in name:
            raise ValueError("'%s' is no subprotocol: that is a token" % name)
    if options.get('headers'):
        load('headers').check_headers(options['headers'])


def check_origins(origins: 'Collection[str | None] | None') -> None:
    """ValueError if one of them is in no browser's ``Origin`` header (RFC 6454, section 6.2)."""
    for origin in origins or ():
        if origin not in (None, 'null'):
            scheme, _, host = origin.lower().partition('://')
            port = host.rpartition(':')[2]
            if not host or '/' in host or scheme + port in ('http80', 'https443'):
                raise ValueError("'%s' is no origin: scheme://host or scheme://host:port" % origin)


def is_allowed(origin: 'str | None', origins: 'Collection[str | None]') -> bool:
    """Whether an ``Origin`` header (RFC 6454), or None for none, is one of them."""
    origin = origin and origin.strip().lower()
    return origin in [allowed and allowed.lower() for allowed in origins]


def choose(headers: 'Any', subprotocols: 'Collection[str]') -> 'str | None':
    """The first of the server's subprotocols that the client asks for, or None: RFC 6455,
    sections 4.2.2 and 11.3.4."""
    asked = [item.strip() for item in headers.get('Sec-WebSocket-Protocol', '').split(',')]
    for subprotocol in subprotocols:
        if subprotocol in asked:
            return subprotocol
    return None
