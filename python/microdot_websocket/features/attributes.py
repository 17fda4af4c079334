"""The options of a connection: which there are, and how it gets them. A client's are in
``client_options.py``."""

if False:  # for type checkers alone
    from typing import Any

    from ..websocket import WebSocket


_SIZES = 'max_message_length', 'max_fragments', 'max_incomplete', 'read_buffer_size'
_TIMES = (
    'message_timeout',
    'frame_timeout',
    'send_timeout',
    'close_timeout',
    'ping_interval',
    'ping_timeout',
)
ATTRIBUTES = _SIZES + _TIMES
_LISTS = 'subprotocols', 'origins'
_COMPRESSION = 'level', 'threshold'
NUMBER = int, float
NAMES = ATTRIBUTES + ('compression',) + _LISTS + ('headers', 'on_disconnect')


def check(options: 'dict[str, Any]', names: tuple[str, ...] = NAMES) -> None:
    """TypeError if there is no such option, or it is of a wrong kind; ValueError if it is a number
    that it cannot be."""
    for name, value in options.items():
        if name not in names:
            raise TypeError("there is no option '%s', but %s" % (name, ', '.join(names)))
        if name in _LISTS and value is not None:
            _check_list(name, value)
        if name in _SIZES + _COMPRESSION:
            if not isinstance(value, int):
                raise TypeError('%s is an int, not %r' % (name, value))
            least = -1 if name in ('max_message_length', 'level') else 0
            if value < least or (name == 'level' and value > 9):
                raise ValueError('%s cannot be %d' % (name, value))
        # The timer compares it, where nobody would hear of an error: no limit would hold.
        if name in _TIMES and not isinstance(value, NUMBER):
            raise TypeError('%s is a number, not %r' % (name, value))
        if name == 'on_disconnect' and value and not callable(value):
            raise TypeError('on_disconnect is a function')
        if name == 'headers' and value and not hasattr(value, 'items'):
            raise TypeError('headers is a dict')
        if name == 'compression' and value not in (True, False, None):
            if not isinstance(value, dict):
                raise TypeError('compression is True or a dict')
            check(value, _COMPRESSION)


def _check_list(name: str, items: 'Any') -> None:
    try:
        # A generator, which gives its items but once, has no len().
        is_list = not isinstance(items, str) and len(items) >= 0
        for item in items:
            if not isinstance(item, str) and (item is not None or name != 'origins'):
                is_list = False
    except TypeError:
        is_list = False
    if not is_list:
        raise TypeError('%s is a tuple of str, not %r' % (name, items))


def give(ws: 'WebSocket', options: 'dict[str, Any]', names: tuple[str, ...] = NAMES) -> None:
    """Set those of a connection's options that are attributes. TypeError: see ``check()``."""
    check(options, names)
    for name, value in options.items():
        if name in ATTRIBUTES:
            setattr(ws, name, value)
