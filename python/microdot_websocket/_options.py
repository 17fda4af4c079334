"""The options of ``with_websocket`` and ``websocket_upgrade``: imported where there are any."""

from microdot import Request

from .protocol import Protocol
from .upgrade import websocket_upgrade, websocket_wrapper

_ATTRIBUTES = (
    'max_message_length',
    'max_fragments',
    'frame_timeout',
    'send_timeout',
    'close_timeout',
    'read_buffer_size',
    'ping_interval',
    'ping_timeout',
)
_LISTS = 'subprotocols', 'origins'
_COMPRESSION = 'level', 'threshold'
CLIENT_NAMES = _ATTRIBUTES + ('compression',)
_NAMES = CLIENT_NAMES + _LISTS


def check(options, names=_NAMES):
    """TypeError if there is no such option, or it is of a wrong kind."""
    for name, value in options.items():
        if name not in names:
            raise TypeError("there is no option '%s', but %s" % (name, ', '.join(names)))
        if name in _LISTS and isinstance(value, str):
            raise TypeError('%s is a tuple of str, not a str' % name)
        if name == 'compression' and value not in (True, False, None):
            if not isinstance(value, dict):
                raise TypeError('compression is True or a dict')
            check(value, _COMPRESSION)


def decorator(f, options):
    """What ``with_websocket`` returns, with options or in ``@with_websocket()``."""
    check(options)

    async def upgrade(request):
        return await websocket_upgrade(request, **options)

    def decorate(f):
        return websocket_wrapper(f, upgrade)

    return decorate(f) if f else decorate


def give(ws, options, names=_NAMES):
    """Set those of a connection's options that are attributes. TypeError: see ``check()``."""
    check(options, names)
    for name, value in options.items():
        if name in _ATTRIBUTES:
            setattr(ws, name, value)


async def handshake(ws, options):
    """Give a connection its options, and do its handshake."""
    give(ws, options)

    def negotiate(protocol, stream):
        return _negotiate(ws, options, protocol, stream)

    await ws.handshake(negotiate)
    if ws.ping_interval > 0:
        from ._keepalive import start

        start(ws)


def _negotiate(ws, options, protocol, stream):
    """What the options make of the handshake: ``(protocol, stream, headers)``.

    HTTPException 403: the request's origin is none of ``origins``.
    """
    request = ws.request
    origins = options.get('origins')
    if origins is not None and not is_allowed(request.headers.get('Origin'), origins):
        request.app.abort(403, 'WebSocket handshake: this Origin is not allowed')
    headers = ''
    subprotocol = choose(request.headers, options.get('subprotocols', ()))
    if subprotocol:
        ws.subprotocol = subprotocol
        headers = 'Sec-WebSocket-Protocol: %s\r\n' % subprotocol
    compression = options.get('compression')
    extensions = request.headers.get('Sec-WebSocket-Extensions', '')
    if compression not in (None, False) and 'permessage-deflate' in extensions:
        from . import _compression

        agreed = _compression.accept(extensions, message_limit(ws))
        if agreed:
            protocol, stream = _compression.wrap(agreed, compression, protocol, stream)
            ws.compression = True
            headers += 'Sec-WebSocket-Extensions: %s\r\n' % agreed[0]
    return protocol, stream, headers.encode()


def message_limit(ws):
    """The longest message that it may be sent, in bytes: what receive() works out for itself, since
    it would pay for the call each time."""
    limit = ws.max_message_length
    return limit if limit > 0 else Request.max_body_length if limit else Protocol.limit


def is_allowed(origin, origins):
    """Whether an ``Origin`` header (RFC 6454), or None for none, is one of them."""
    if origin is None:
        return None in origins
    origin = origin.strip().lower()
    for allowed in origins:
        if allowed is not None and allowed.lower() == origin:
            return True
    return False


def choose(headers, subprotocols):
    """The first of the server's subprotocols that the client asks for, or None: RFC 6455,
    sections 4.2.2 and 11.3.4."""
    asked = [item.strip() for item in headers.get('Sec-WebSocket-Protocol', '').split(',')]
    for subprotocol in subprotocols:
        if subprotocol in asked:
            return subprotocol
    return None
