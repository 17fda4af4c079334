"""A machine without memory for a message of 100 MB."""

import sys


class NoMemory:
    """A context. MicroPython has none anyway; on CPython the twin's allocations fail."""

    def __enter__(self):
        if sys.implementation.name == 'cpython':
            from microdot_websocket.core import twin

            twin.bytearray = refuse

    def __exit__(self, *_):
        if sys.implementation.name == 'cpython':
            from microdot_websocket.core import twin

            del twin.bytearray


def refuse(*args):
    if args and isinstance(args[0], int) and args[0] > 10000000:
        raise MemoryError
    return bytearray(*args)
