"""Gives MicroPython an ``os.urandom``: the firmwares that only emulators run have none."""

import sys

try:
    from os import urandom  # noqa: F401
except ImportError:
    import random

    class _Os:
        @staticmethod
        def urandom(n):
            return bytes(random.getrandbits(8) for _ in range(n))

    sys.modules['os'] = _Os
