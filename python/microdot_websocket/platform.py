"""What takes the place of the natmod, of MicroPython's sockets, and of its event loop: for
``websocket.py`` and ``timer.py``, where they find none."""

import sys

# Here, and not only where they are needed: for imports in imports a board's stack may be too short.
from .core import rules, sending, stream  # noqa: F401
from .core.twin import Protocol  # noqa: F401

if False:  # for type checkers alone
    from typing import Any

    from .transport import Transport


if sys.implementation.name == 'cpython':
    from functools import update_wrapper as update  # noqa: F401

    from .cpython.install import start  # noqa: F401
    from .cpython.timer import clear, set  # noqa: F401


def print_exception(exc: BaseException) -> None:
    """Say why there is no native ``Protocol``, unless there is simply no file.

    A file for another architecture is a ValueError, one of another version may lack a name, and a
    heap may be too full for it: say so, and go on.
    """
    if not isinstance(exc, ImportError):
        from .natmod_hint import warn

        warn(exc)


def connect(sock: 'tuple[Any, Any]') -> 'tuple[type[Protocol], Transport]':
    """``(Protocol, transport)`` over asyncio's streams ``sock``: on CPython, and in the process of
    Microdot's TestClient."""
    from .features import test_client  # noqa: F401
    from .transport import open_transport

    return open_transport(*sock)
