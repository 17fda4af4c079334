"""What the Python ``Protocol`` reads from and writes to: one contract, and who keeps it where.

``core/stream.py``: a socket of MicroPython, or another stream, queued in its asyncio; a board needs
no other. ``cpython``: asyncio's transport on CPython. ``in_process``: Microdot's ``TestClient``.
Each touches the internals of its asyncio, and says so where it does.
"""

if False:  # for type checkers alone
    from typing import Any

    from .._types import Buffer, Bytes
    from ..core.twin import Protocol


class Transport:
    """A connection's bytes, without the protocol."""

    #: Whether the frames of a client are masked on it.
    masked = True
    #: So many bytes of a payload are copied behind their header, to be one write with it. 0: each
    #: write() has to be one whole frame.
    joins = 1 << 16
    #: Whether write() keeps what it has taken until ``unsent`` is 0: it is given bytes.
    keeps = True
    #: True while code of a stream's own is running, which must not call the protocol.
    inside = False
    #: Bytes that write() has taken and the system has not.
    unsent = 0

    def readinto(self, buf: 'Buffer') -> 'int | None':
        """Read into a bytearray or memoryview without waiting: how many bytes, 0 at the end, None
        if there is nothing. OSError: the connection broke."""
        raise NotImplementedError

    def write(self, buf: 'Bytes') -> 'int | None':
        """Write bytes or a memoryview without waiting: how many bytes it has taken, None or 0 if
        none. OSError: the connection broke."""
        raise NotImplementedError

    def is_sent(self) -> bool:
        """Whether the system has all that was taken. OSError: it never will."""
        return True

    def wait(self, direction: int) -> 'Any':
        """Something to await by the current task, which can be iterated over, too: 0, until there
        may be something to read; 1, until something was sent, after write() did not take all or
        is_sent() was false. None: another task waits for the same already."""
        raise NotImplementedError

    def requeue(self) -> bool:
        """The current task was cancelled while it waited: let the other one still do so. Whether it
        waited to write."""
        return False

    def wake(self) -> bool:
        """The task that waits to read runs next. Whether there is one."""
        return False

    def abort(self) -> None:
        """All tasks that wait run next, nothing more is sent, and the connection is lost. Needs no
        memory on MicroPython. May be repeated."""


def open_transport(reader: 'Any', writer: 'Any') -> 'tuple[type[Protocol], Transport]':
    """(a ``Protocol``, a ``Transport`` for it) over the two streams of CPython's asyncio, or of
    Microdot's ``TestClient``."""
    from ..core.twin import Protocol
    from ..websocket import Protocol as chosen

    if hasattr(writer, 'transport'):  # CPython's asyncio.StreamWriter
        if chosen is Protocol:
            from .cpython import StreamTransport as kind
        else:
            from .native import NativeTransport as kind
        return chosen, kind(reader, writer)
    from .in_process import InProcessTransport

    # A natmod of MicroPython knows its streams alone.
    return Protocol, InProcessTransport(reader, writer)
