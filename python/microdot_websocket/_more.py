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


#: What an attribute is as long as it has not been set.
_DEFAULTS = {
    'compression': False,
    'message_type': None,
    'ping_interval': 0,
    'ping_timeout': 20,
    'subprotocol': None,
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
    if name == 'close_code':
        return ws._end[1] if ws.closed else None
    if name == 'close_reason':
        return ws._end[0] if ws.closed else None
    if name in _DEFAULTS:
        return _DEFAULTS[name]
    raise AttributeError("'WebSocket' object has no attribute '%s'" % name)
