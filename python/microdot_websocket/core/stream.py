"""A socket of MicroPython, a TLS socket, or any object with its stream protocol, whose tasks wait
in MicroPython's asyncio. The twin of what mod_wscodec.c does with a stream."""

import asyncio

from . import const

if False:  # for type checkers alone
    from typing import Any

    from .._types import Buffer, Bytes

core = getattr(asyncio, 'core', None)  # not of CPython

_EIO = const(5)
_EAGAIN = const(11)
_POLLIN = const(1)
_POLLOUT = const(4)


class SocketTransport:
    """A transport, as ``transport/__init__.py`` has it.

    :param stream: a non-blocking stream, with ``readinto`` and ``write``; None: no connection.
                   TypeError: it has none of these.

    Where the tasks wait: the queue is ``core._io_queue`` of extmod/asyncio/core.py. Its ``map`` has
    by ``id(stream)`` a list ``[task that reads, task that writes, stream]``, its ``poller`` the
    stream with the events to wake for, and a task's ``data`` is the queue while it is in there. We
    keep a list of our own, which takes no memory at each wait, and is still known when asyncio has
    forgotten it: ``Task.cancel()`` removes the entry, and with it the stream's other task.
    If upstream changes that layout, tasks are not woken: tests/contract/ then fails at once.
    """

    masked = True
    joins = 1024
    keeps = not core  # on CPython there is none to keep anything
    unsent = 0

    def __init__(self, stream: 'Any') -> None:
        if stream is not None and not (hasattr(stream, 'readinto') and hasattr(stream, 'write')):
            raise TypeError('stream')
        self._stream = stream
        self._key = id(stream)
        self._entry = [None, None, stream]
        self.inside = False
        self._registers = self._yields = False

    def readinto(self, buf: 'Buffer') -> 'int | None':
        self.inside = True
        try:
            n = self._stream.readinto(buf)
        finally:
            self.inside = False
        return n if n is None or 0 <= n | 0 <= len(buf) else _refuse(n)

    def write(self, buf: 'Bytes') -> 'int | None':
        self.inside = True
        try:
            n = self._stream.write(buf)
        finally:
            self.inside = False
        return n if n is None or 0 <= n | 0 <= len(buf) else _refuse(n)

    def is_sent(self) -> bool:
        return True

    def wait(self, index: int) -> 'Any':
        queue = core._io_queue
        entry = self._entry
        task = entry[index]
        if task and task.data is queue:
            return None
        events = _POLLOUT if index else _POLLIN
        other = entry[1 - index]
        if other:
            if other.data is queue:
                events = _POLLIN | _POLLOUT
            else:
                entry[1 - index] = None
        entry[index] = core.cur_task
        self._register(queue, events)
        core.cur_task.data = queue
        self._yields = True
        return self

    # What a task awaits, in the way of asyncio's own: an iterator made anew would take memory when
    # the task is in the queue already.

    def __iter__(self) -> 'SocketTransport':
        return self

    def __next__(self) -> None:
        if not self._yields:
            raise StopIteration
        self._yields = False  # asyncio runs a task again when it is woken

    def requeue(self) -> bool:
        was_writing = self._entry[1] is core.cur_task
        self.update(core._io_queue)
        return was_writing

    def wake(self, n: int = 1) -> bool:
        """Of the tasks that read and write the first n."""
        queue = core._io_queue
        woken = False
        for i in range(n):
            task = self._entry[i]
            if task and task.data is queue:
                core._task_queue.push(task)  # its data is not the queue any more
                woken = True
        self.update(queue)
        return woken

    def abort(self) -> None:
        if self._stream is not None:
            self.wake(2)

    def update(self, queue: 'Any') -> None:
        """Let asyncio's queue know of the tasks that still wait. Without one let it forget the
        entry, which it would keep."""
        entry = self._entry
        events = 0
        for i in range(2):
            task = entry[i]
            if task and task.data is queue:
                events |= _POLLOUT if i else _POLLIN
            else:
                entry[i] = None
        if events:
            self._register(queue, events)
        elif self._key in queue.map:
            if self._registers:
                # That has raised MemoryError, and may have left a slot without a value, through
                # which poll() and unregister() would read.
                self._register(queue, 0)
            queue.poller.unregister(self._stream)
            del queue.map[self._key]

    def _register(self, queue: 'Any', events: int) -> None:
        self._registers = True
        queue.map[self._key] = self._entry
        queue.poller.register(self._stream, events)
        self._registers = False


def _refuse(n: int) -> 'int | None':
    """What a stream's own method returned instead of a number of bytes: MicroPython takes a
    negative one for an error (py/stream.h, extmod/modio.c)."""
    if n == -_EAGAIN:
        return None
    raise OSError(-n if n < 0 else _EIO)
