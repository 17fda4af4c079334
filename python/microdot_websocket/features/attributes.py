"""The options of a connection, a server's and a client's: which there are, and how it gets them."""

if False:  # for type checkers alone
    from typing import Any

    from ..websocket import WebSocket


_ATTRIBUTES = (
    'max_message_length',
    'max_fragments',
    'max_incomplete',
    'message_timeout',
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
NAMES = CLIENT_NAMES + _LISTS


def check(options: 'dict[str, Any]', names: tuple[str, ...] = NAMES) -> None:
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


def give(ws: 'WebSocket', options: 'dict[str, Any]', names: tuple[str, ...] = NAMES) -> None:
    """Set those of a connection's options that are attributes. TypeError: see ``check()``."""
    check(options, names)
    for name, value in options.items():
        if name in _ATTRIBUTES:
            setattr(ws, name, value)
