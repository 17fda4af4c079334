"""The timer over CPython's event loops. What it does is tested in tests/python/test_timer.py."""

import asyncio
import gc
import threading
import weakref

from memory_stream import run
from microdot_websocket import timer
from microdot_websocket.cpython.timer import clear, set


class Watch:
    expires = next = None

    def __init__(self, again=0):
        self.again = again
        self.looks = []

    def poll(self, time):
        self.looks.append((threading.get_ident(), time))
        return self.again


def test_it_is_the_one_that_is_used():
    assert (timer.set, timer.clear) == (set, clear)


def test_loops_in_two_threads_do_not_mix():
    """Each loop's watches are looked at in its own thread, and none is lost, however the two begin
    and end."""
    both = threading.Barrier(2)
    errors = []

    def thread(count):
        watches = [Watch(again=5) for _ in range(3)]

        async def main():
            for watch in watches:
                timer.set(watch, 5)
            both.wait(10)
            while min(len(watch.looks) for watch in watches) < count:
                await asyncio.sleep(0.001)
            timer.clear(watches[0])
            before = len(watches[0].looks)
            await asyncio.sleep(0.05)
            assert len(watches[0].looks) == before
            assert len(watches[1].looks) > count

        try:
            asyncio.run(asyncio.wait_for(main(), 20))
            idents = {ident for watch in watches for ident, _ in watch.looks}
            assert idents == {threading.get_ident()}
        except BaseException as exc:
            errors.append(exc)
            both.abort()

    threads = [threading.Thread(target=thread, args=(count,)) for count in (5, 20)]
    for item in threads:
        item.start()
    for item in threads:
        item.join(30)
    assert not errors


def test_a_watch_of_a_loop_that_has_ended():
    left = Watch()

    async def leave():
        timer.set(left, 10)

    async def main():
        watch = Watch()
        timer.set(watch, 20)
        timer.clear(left)
        await asyncio.sleep(0.05)
        assert len(watch.looks) == 1
        assert not left.looks
        timer.set(left, 5)  # in this loop
        await asyncio.sleep(0.03)
        assert len(left.looks) == 1

    run(leave())
    run(main())


def test_nothing_is_kept_of_an_event_loop():
    async def main():
        timer.set(Watch(), 60000)
        return weakref.ref(asyncio.get_running_loop())

    loop = run(main())
    gc.collect()
    assert loop() is None


def test_many_that_are_due_now_are_not_a_look_at_all():
    """A look that is asked for at the loop's next turn costs no look at the others."""

    async def main():
        others = [Watch(again=60000) for _ in range(10)]
        for watch in others:
            timer.set(watch, 60000)
        watch = Watch()
        for _ in range(20):
            timer.set(watch, 0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert len(watch.looks) == 20
        assert not any(watch.looks for watch in others)

    run(main())
