"""The part of ``WebSocket`` that is imported when it is first used: ``WebSocket.__getattr__``."""

_MODULES = {
    '__aiter__': '_iteration',
    '__aenter__': '_iteration',
    '__aexit__': '_iteration',
    'ping': '_keepalive',
    'receive_into': '_pieces',
    'stream': '_pieces',
    'send_stream': '_fragments',
}


# What an attribute is as long as it has not been set.
_DEFAULTS = {
    #: Whether the peer has agreed to compression (RFC 7692).
    'compression': False,
    #: TEXT or BINARY: of the message that came last by ``receive_into()`` or ``stream()``.
    'message_type': None,
    #: Seconds between the pings that tell a silent peer from a dead one. 0: none are sent. As an
    #: option only: it counts from the handshake on.
    'ping_interval': 0,
    #: Seconds for which a peer that was sent a ping may send nothing at all, while a task waits for
    #: it in ``receive()``; then the connection is dropped. 0: no limit.
    'ping_timeout': 20,
    #: What the two ends have agreed to speak: see the option ``subprotocols``.
    'subprotocol': None,
    #: The close code with which the connection has ended, as ``WebSocketError`` has it.
    'close_code': None,
    #: The reason that came with it, a str.
    'close_reason': None,
}


def attach(cls, name):
    """Make the method what it would be if it stood in the class."""
    module = __import__('microdot_websocket.' + _MODULES[name], None, None, (name,))
    setattr(cls, name, getattr(module, name))


def attach_all(cls):
    """On CPython, which looks for special methods in the class only."""
    for name in _MODULES:
        attach(cls, name)


def attribute(ws, name):
    """What ``ws.name`` is if neither the object nor its class has it."""
    if name in _MODULES:
        attach(type(ws), name)
        return getattr(ws, name)
    if name == 'close_code' and ws.closed:
        return ws._end[1]
    if name == 'close_reason' and ws.closed:
        return ws._end[0]
    if name in _DEFAULTS:
        return _DEFAULTS[name]
    raise AttributeError("'WebSocket' object has no attribute '%s'" % name)
