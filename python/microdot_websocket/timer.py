"""The timer: one task of the event loop looks at whatever must not take for ever.

A *watch* is an object that is looked at when it is due. It has the attributes ``expires`` and
``next``, None at first, which belong to the timer, and ``poll(time)``: called when it is due, so
many milliseconds after it was set; returns those until the next look, or 0. Connections are watches
while they are in the middle of something, and so is the head of a request on its way in.

The timer cannot die, and needs no memory once it runs: times are small ints, the watches are linked
by an attribute, and what one of them raises is its own. A watch that is due earlier than all others
wakes the task. CPython's is in ``cpython/timer.py``.
"""

import asyncio

if False:  # for type checkers alone
    from collections.abc import Generator
    from typing import Any


core = getattr(asyncio, 'core', None)  # MicroPython's event loop

if not core:
    from .platform import clear, set
else:
    from time import ticks_add, ticks_diff, ticks_ms  # type: ignore[attr-defined]

    next = None  # the first watch
    task: 'Any'
    task = _task_queue = None  # the timer's task; and the queue of the event loop that it is of
    expires = None  # when the task wakes; None while it is in no queue: there is nothing to look at
    items = core.TaskQueue()
    items.push(core.Task(None), 1)

    def collect(task: 'Any', items: 'Any' = items) -> None:
        """Let the memory of ended tasks be collected. asyncio's queue leaves in each task the one
        that was pushed behind it last, and all that this one keeps (docs/upstream/ended-tasks.md).
        From now on that is the one in ``items``, which has no coroutine.

        :param task: one that runs, or has ended: it is in no queue.
        """
        items.push(task, 0)
        items.pop()

    del items  # a global name takes memory

    def set(watch: 'Any', time: int) -> None:
        """Look at a watch in so many milliseconds. MemoryError: it is the event loop's first one,
        and there is no room for the timer's task."""
        global next, task, _task_queue, expires
        now = ticks_ms()
        if _task_queue is not core._task_queue or task.done():
            # Another event loop has taken the place of the one before, whose tasks are gone.
            task = asyncio.create_task(_run())
            _task_queue = core._task_queue
            expires = now
            next = None
        if watch.expires is None:
            watch.start = now
            watch.next = next
            watch.expires = ticks_add(now, time)
            next = watch  # last: new attributes may take memory
        else:
            watch.expires = ticks_add(now, time)
        if core.cur_task is not task and (
            expires is None or ticks_diff(watch.expires, expires) < 0
        ):
            sleep(watch.expires)

    def sleep(time: 'int | None') -> None:
        """Let the task run at that time; None: let it wait for ``set()``. For as long as a task is
        in the queue asyncio polls the sockets twice before each turn of another one."""
        global expires
        if expires is not None and core.cur_task is not task:
            _task_queue.remove(task)
        expires = time
        if time is not None:
            _task_queue.push(task, time)

    def clear(watch: 'Any') -> None:
        """Do not look at a watch any more. Nothing happens if it is not set."""
        global next
        if watch.expires is None:
            return
        watch.expires = None
        if next is watch:
            next = watch.next
            if not next and core.cur_task is not task:
                sleep(None)
        else:
            before = next
            while before and before.next is not watch:
                before = before.next
            if before:
                before.next = watch.next
        watch.next = None

    def _run() -> 'Generator[None]':
        # A coroutine in the way that asyncio writes its own: a bare yield takes no memory.
        while True:
            now = ticks_ms()
            shortest = None
            watch = next
            while watch:
                left = ticks_diff(watch.expires, now)
                if left <= 0:
                    left = poll(watch, ticks_diff(now, watch.start))
                    watch.start = now
                    if left > 0:
                        watch.expires = ticks_add(now, left)
                    else:
                        clear(watch)
                    # Any of them may have left or joined meanwhile.
                    shortest = None
                    watch = next
                else:
                    if shortest is None or left < shortest:
                        shortest = left
                    watch = watch.next
            collect(task)
            sleep(shortest if shortest is None else ticks_add(now, shortest))
            yield


def poll(watch: 'Any', time: int) -> int:
    """``watch.poll(time)``; a second, if that raises: it is looked at again."""
    try:
        return watch.poll(time)
    except Exception:
        return 1000
