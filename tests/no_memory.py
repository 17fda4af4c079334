"""A machine without memory for a message of 100 MB."""

import sys

SIZE = 10000000  # bytes, for which there is none


class NoMemory:
    """A context. MicroPython has none anyway; on CPython the twin's allocations fail, and with the
    extension the process may not grow."""

    def __enter__(self):
        if sys.implementation.name == 'cpython':
            from microdot_websocket import codec

            self.context = _Twin() if codec.IMPL == 'python' else _Process()
            self.context.__enter__()

    def __exit__(self, *_):
        if sys.implementation.name == 'cpython':
            self.context.__exit__()


class _Twin:
    def __enter__(self):
        from microdot_websocket.core import twin

        twin.bytearray = refuse

    def __exit__(self, *_):
        from microdot_websocket.core import twin

        del twin.bytearray


class _Process:
    def __enter__(self):
        import resource

        self.limits = resource.getrlimit(resource.RLIMIT_AS)
        with open('/proc/self/statm') as file:
            pages = int(file.read().split()[0])
        most = pages * resource.getpagesize() + SIZE
        resource.setrlimit(resource.RLIMIT_AS, (most, self.limits[1]))

    def __exit__(self, *_):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, self.limits)


def refuse(*args):
    if args and isinstance(args[0], int) and args[0] > SIZE:
        raise MemoryError
    return bytearray(*args)
