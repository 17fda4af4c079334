"""The options of ``connect()``: imported where there are any."""

from . import attributes, load

if False:  # for type checkers alone
    from typing import Any

    from ..websocket import WebSocket


_OWN = 'sock', 'keep_headers', 'max_redirects', 'min_delay', 'max_delay', 'on_retry'
_NUMBERS = 'min_delay', 'max_delay', 'max_redirects'
NAMES = attributes.ATTRIBUTES + ('compression',) + _OWN


def check(options: 'dict[str, Any]', subprotocols: 'Any') -> None:
    """TypeError if there is no such option, or one is of a wrong kind. Imports what they need, now:
    see ``decorated()`` in options.py."""
    attributes.check(options, NAMES)
    attributes.check({'subprotocols': subprotocols})
    for name in _NUMBERS:
        if not isinstance(options.get(name) or 0, attributes.NUMBER):
            raise TypeError('%s is a number' % name)
    on_retry = options.get('on_retry')
    if on_retry and not callable(on_retry):
        raise TypeError('on_retry is a function')
    sock = options.get('sock')
    if sock and not (isinstance(sock, tuple) or callable(sock) or hasattr(sock, 'setblocking')):
        raise TypeError('sock is a socket, a pair of streams or a function')
    if options.get('compression') not in (None, False):
        load('compression_answers')
    if options.get('ping_interval'):
        load('ping')


def give(ws: 'WebSocket', options: 'dict[str, Any]') -> None:
    """Set those that are attributes of a connection."""
    attributes.give(ws, options, NAMES)
