"""What a plain echo does not use: methods of ``WebSocket`` and options, each imported when it is
first used."""

import sys

from .. import timer

if False:  # for type checkers alone
    from collections.abc import Callable
    from typing import Any

    from ..websocket import WebSocket


MODULES = {
    '__aiter__': 'iteration',
    '__aenter__': 'iteration',
    '__aexit__': 'iteration',
    'listen': 'background',
    'replace': 'eviction',
    'ping': 'ping',
    'wait_for': 'timeouts',
    'receive_into': 'pieces',
    'stream': 'pieces',
    'send_stream': 'fragments',
    'send_json': 'json',
    'receive_json': 'json',
    'on_disconnect': 'ended',
}


# What an attribute is as long as it has not been set.
DEFAULTS = {
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
    #: Of a client with ``keep_headers``: a dict of the response's headers.
    'headers': None,
    #: Whether the two ends have agreed to compress messages: see the option ``compression``.
    'compression': False,
    #: An int of this connection's own, to tell it from all others since the start.
    'id': 1,
    #: How many bytes of what was sent the system has not taken yet: more than 0, and the client is
    #: slower than what is sent to it. What further tasks wait with in ``send()`` does not count.
    'buffered_bytes': 0,
}
_last_id = 0


def size(message: 'Any') -> int:
    """Its bytes: of a str those of the UTF-8, of which MicroPython's consists."""
    if not isinstance(message, str):
        return len(message)
    return len(memoryview(message) if timer.core else message.encode())  # type: ignore[arg-type]


def attach(cls: type, name: str) -> None:
    """Make the method what it would be if it stood in the class."""
    setattr(cls, name, getattr(load(MODULES[name]), name))


def load(name: str) -> 'Any':
    """Import a feature's module, whole or not at all: MicroPython keeps the name of a module for
    which there was no memory, and the next import of that crashes."""
    before = list(sys.modules)
    try:
        return __import__(__name__ + '.' + name, None, None, (name,))
    except MemoryError:
        while True:
            for name in sys.modules:
                if name not in before:
                    break
            else:
                raise
            sys.modules.pop(name)  # no list of them: there is no memory


def attach_all(cls: type) -> None:
    """On CPython, which looks for special methods in the class only, and where ``__getattr__()``
    makes all other attributes slow."""
    for name in MODULES:
        attach(cls, name)
    for name, value in DEFAULTS.items():
        setattr(cls, name, value)
    cls.compression = property(lambda ws: ws.compressed is not None)  # type: ignore[attr-defined]
    del cls.__getattr__  # type: ignore[attr-defined]


def get(ws: 'WebSocket', name: str) -> 'Any':
    """What ``ws.name`` is if neither the object nor its class has it."""
    if name == 'handshake':  # of Microdot's class; with_websocket() does it
        from ..upgrade import handshake

        type(ws).handshake = handshake
        return ws.handshake
    if name in MODULES:
        attach(type(ws), name)
        return getattr(ws, name)
    if name == 'compression' and ws.compressed:
        return True
    if name == 'id':
        global _last_id
        _last_id += 1
        ws.id = _last_id
        return _last_id
    if name == 'buffered_bytes' and ws.protocol:
        return max(ws.protocol.locked - 1, 0)
    if name in DEFAULTS:
        return DEFAULTS[name]
    raise AttributeError("'WebSocket' object has no attribute '%s'" % name)


async def open(ws: 'WebSocket', options: 'dict[str, Any]') -> None:
    """The handshake of a connection with options: see ``options.py``."""
    await load('options').open(ws, options)


def decorated(f: 'Callable[..., Any] | None', options: 'dict[str, Any]') -> 'Callable[..., Any]':
    """What ``with_websocket`` returns if there are options: see ``options.py``."""
    return load('options').decorated(f, options)
