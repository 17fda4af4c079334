"""The timer over the event loops of CPython: see ``microdot_websocket/timer.py``.

Each loop has its own, since loops may run in several threads.
"""

import asyncio
import builtins

if False:  # for type checkers alone
    from typing import Any


_NAME = 'microdot_websocket_timer'  # of a loop's attribute: so its timer goes when it goes


def set(watch: 'Any', time: int) -> None:
    """Look at a watch in so many milliseconds."""
    loop = asyncio.get_running_loop()
    timer = getattr(loop, _NAME, None)
    if timer is None:
        timer = _Timer(loop)
        setattr(loop, _NAME, timer)
    timer.set(watch, time)


def clear(watch: 'Any') -> None:
    """Do not look at a watch any more. Nothing happens if it is not set."""
    timer = watch.next
    watch.expires = watch.next = None
    if timer is not None:
        timer.watches.discard(watch)


class _Timer:
    """Of an event loop; ``next`` of its watches."""

    def __init__(self, loop: 'Any') -> None:
        self._loop = loop
        self.watches: builtins.set[Any] = builtins.set()
        self._handle = None
        self._due: float = 0

    def set(self, watch: 'Any', time: int) -> None:
        loop = self._loop
        if watch.expires is None:
            watch.start = loop.time()
            watch.next = self
            self.watches.add(watch)
        watch.expires = loop.time() + time / 1000
        if not time:  # not a look at all the others
            loop.call_soon(self._look, watch)
        elif self._handle is None or watch.expires < self._due:
            self._wake_at(watch.expires)

    def _wake_at(self, due: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._due = due
        self._handle = self._loop.call_at(due, self._look_at_all)

    def _look(self, watch: 'Any') -> None:
        from ..timer import poll

        now = self._loop.time()
        if watch.expires is not None and watch.expires <= now:
            passed = int((now - watch.start) * 1000)
            watch.start += passed / 1000  # not now: looks may be less than a millisecond apart
            time = poll(watch, passed)
            if time > 0:
                self.set(watch, time)
            else:
                clear(watch)

    def _look_at_all(self) -> None:
        self._handle = None
        for watch in list(self.watches):
            self._look(watch)
        if self.watches:
            self._wake_at(min(watch.expires for watch in self.watches))
