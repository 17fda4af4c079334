"""A socket of MicroPython, a TLS socket, or any object with its stream protocol, whose tasks wait
in MicroPython's asyncio. The twin of what mod_wscodec.c does with a stream."""

import asyncio
import errno

from . import Transport

try:
    from micropython import const
except ImportError:  # CPython, which only looks
    const = int

core = getattr(asyncio, 'core', None)  # not of CPython

_EAGAIN = const(11)
_POLLIN = const(1)
_POLLOUT = const(4)

_ONE_YIELD = (None,)  # asyncio runs a task again when it is woken


class SocketTransport(Transport):
    """
    :param stream: a non-blocking stream, with ``readinto`` and ``write``. TypeError: it has none.

    Where the tasks wait: the queue is ``core._io_queue`` of extmod/asyncio/core.py. Its ``map`` has
    by ``id(stream)`` a list ``[task that reads, task that writes, stream]``, its ``poller`` the
    stream with the events to wake for, and a task's ``data`` is the queue while it is in there. We
    keep a list of our own, which takes no memory at each wait, and is still known when asyncio has
    forgotten it: ``Task.cancel()`` removes the entry, and with it the stream's other task.
    If upstream changes that layout, tasks are not woken: tests/contract/ then fails at once.
    """

    joins = 1024
    scratch = memoryview(bytearray(14 + 1024))

    def __init__(self, stream):
        if not hasattr(stream, 'readinto') or not hasattr(stream, 'write'):
            raise TypeError('stream')
        self._stream = stream
        self._key = id(stream)
        self._entry = [None, None, stream]
        # Found faster here than in the class.
        self.inside = False
        self.unsent = 0

    def readinto(self, buf):
        self.inside = True
        try:
            n = self._stream.readinto(buf)
        finally:
            self.inside = False
        return n if n is None or 0 <= n | 0 <= len(buf) else _refuse(n)

    def write(self, buf):
        self.inside = True
        try:
            n = self._stream.write(buf)
        finally:
            self.inside = False
        return n if n is None or 0 <= n | 0 <= len(buf) else _refuse(n)

    def wait(self, direction):
        queue = core._io_queue
        entry = self._entry
        task = entry[direction]
        if task and task.data is queue:
            return None
        events = _POLLOUT if direction else _POLLIN
        other = entry[1 - direction]
        if other:
            if other.data is queue:
                events = _POLLIN | _POLLOUT
            else:
                entry[1 - direction] = None
        entry[direction] = task = core.cur_task
        queue.map[self._key] = entry
        queue.poller.register(self._stream, events)
        task.data = queue
        return _ONE_YIELD

    def requeue(self):
        was_writing = self._entry[1] is core.cur_task
        queue = core._io_queue
        self._waiting(queue)
        self._enlist(queue)
        return was_writing

    def wake(self):
        queue = core._io_queue
        entry = self._waiting(queue)
        task = entry[0]
        if not task:
            return False
        entry[0] = None
        core._task_queue.push(task)
        self._forget(queue)
        self._enlist(queue)
        return True

    def abort(self):
        queue = core._io_queue
        entry = self._waiting(queue)
        for i in range(2):
            if entry[i]:
                core._task_queue.push(entry[i])
                entry[i] = None
        self._forget(queue)  # last: where id() is a large int MicroPython needs memory for it

    def _waiting(self, queue):
        """The entry; in it None in place of tasks that do not wait any more."""
        entry = self._entry
        if entry[0] and entry[0].data is not queue:
            entry[0] = None
        if entry[1] and entry[1].data is not queue:
            entry[1] = None
        return entry

    def _enlist(self, queue):
        """Let asyncio's queue know of the tasks in the entry."""
        entry = self._entry
        events = (_POLLIN if entry[0] else 0) | (_POLLOUT if entry[1] else 0)
        if events:
            queue.map[self._key] = entry
            queue.poller.register(self._stream, events)

    def _forget(self, queue):
        """Let asyncio's queue forget the entry: it would keep one without tasks."""
        if self._key in queue.map:
            queue.poller.unregister(self._stream)
            del queue.map[self._key]


def _refuse(n):
    """What a stream's own method returned instead of a number of bytes: MicroPython takes a
    negative one for an error (py/stream.h, extmod/modio.c)."""
    if n == -_EAGAIN:
        return None
    raise OSError(-n if n < 0 else errno.EIO)
