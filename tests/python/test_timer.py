"""The timer: watches are looked at when they are due, whatever the others do. What it does for
connections is in test_websocket_limits.py."""

import asyncio
import gc
import sys
import unittest

from memory_stream import milliseconds, run
from microdot_websocket import timer

CPYTHON = sys.implementation.name == 'cpython'
LONG = 60000  # milliseconds, none of which a test waits for


class Watch:
    """Returns, raises or calls one after the other of `answers` when it is looked at, then what it
    always does."""

    expires = next = None

    def __init__(self, *answers, always=0):
        self.answers = list(answers)
        self.always = always
        self.looks = []  # the milliseconds that the timer has told, for the first looks
        self.passed = 0  # all of them

    def poll(self, time):
        self.passed += time
        if len(self.looks) < 100:
            self.looks.append(time)
        answer = self.answers.pop(0) if self.answers else self.always
        if isinstance(answer, type):
            raise answer
        return answer() if callable(answer) else answer


async def looks_at(*watches, n=1):
    """Wait until each was looked at n times."""
    while min([len(watch.looks) for watch in watches]) < n:
        await asyncio.sleep(0.001)


class TestLooks(unittest.TestCase):
    def test_when_it_is_due(self):
        async def main():
            watch = Watch(20, 30)
            timer.set(watch, 10)
            self.assertTrue(watch.expires is not None)
            await looks_at(watch, n=3)
            for passed, least in zip(watch.looks, (10, 20, 30)):
                self.assertTrue(least - 1 <= passed < 1000, watch.looks)
            self.assertIs(watch.expires, None)  # it said 0
            await asyncio.sleep(0.05)
            self.assertEqual(len(watch.looks), 3)

        run(main())

    def test_at_the_next_turn(self):
        async def main():
            timer.set(Watch(), LONG)
            watch = Watch()
            timer.set(watch, 0)
            self.assertEqual(watch.looks, [])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            self.assertEqual(len(watch.looks), 1)

        run(main())

    def test_a_shorter_limit_does_not_wait_for_a_longer_one(self):
        async def main():
            long, short, shorter = Watch(), Watch(), Watch()
            timer.set(long, LONG)
            await asyncio.sleep(0.01)  # the timer sleeps for a minute
            timer.set(short, 5000)
            await asyncio.sleep(0.01)
            timer.set(shorter, 20)
            await looks_at(shorter)
            self.assertEqual(long.looks + short.looks, [])
            # And the same watch may be told to be looked at sooner, and then later again.
            timer.set(short, 20)
            await looks_at(short)
            timer.set(long, 20)
            timer.set(long, LONG)
            await asyncio.sleep(0.05)
            self.assertEqual(long.looks, [])

        run(main())

    def test_after_one_that_ended_at_once(self):
        """It does not sleep for that one's time."""

        async def main():
            gone = Watch()
            timer.set(gone, LONG)
            timer.clear(gone)
            await asyncio.sleep(0.01)
            watch = Watch()
            timer.set(watch, 10)
            await looks_at(watch)

        run(main())

    def test_not_even_less_than_a_millisecond_is_lost(self):
        async def main():
            watch = Watch(always=LONG)
            start = milliseconds()
            timer.set(watch, LONG)
            while milliseconds() - start < 200:
                timer.set(watch, 0)
                await asyncio.sleep(0)
            passed = milliseconds() - start
            self.assertTrue(passed / 2 < watch.passed <= passed + 1, watch.passed)

        run(main())

    def test_time_that_has_passed_is_not_lost(self):
        """However often somebody asks for a look now."""

        async def main():
            watch = Watch(*[LONG] * 9)
            timer.set(watch, LONG)
            for n in range(1, 6):
                await asyncio.sleep(0.02)
                timer.set(watch, 0)
                await looks_at(watch, n=n)
            self.assertTrue(sum(watch.looks) >= 90, watch.looks)

        run(main())


class TestMany(unittest.TestCase):
    def test_one_that_has_ended_leaves_at_once(self):
        async def main():
            for gone in ((0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)):
                watches = [Watch() for _ in range(3)]
                for watch in watches:
                    timer.set(watch, 20)
                for i in gone:
                    timer.clear(watches[i])
                    timer.clear(watches[i])
                    self.assertIs(watches[i].expires, None)
                    self.assertIs(watches[i].next, None)
                await asyncio.sleep(0.04)
                looks = [len(watch.looks) for watch in watches]
                self.assertEqual(looks, [int(i not in gone) for i in range(3)])
            timer.clear(Watch())  # which was never set

        run(main())

    def test_they_do_not_pile_up(self):
        async def main():
            timer.set(Watch(), LONG)
            kept = []
            for rounds in (50, 500):
                for _ in range(rounds):
                    watch = Watch()
                    timer.set(watch, LONG)
                    timer.clear(watch)
                    await asyncio.sleep(0)
                watch = None
                gc.collect()
                if CPYTHON:
                    kept.append(len([o for o in gc.get_objects() if type(o) is Watch]))
                else:
                    kept.append(gc.mem_alloc())
            self.assertTrue(kept[1] - kept[0] <= (0 if CPYTHON else 2000), kept)

        run(main())

    def test_one_that_raises_is_its_own_matter(self):
        async def main():
            for error in (ValueError, MemoryError, OSError):
                bad = Watch(error)
                good = [Watch(*[10] * 20) for _ in range(2)]
                timer.set(good[0], 10)
                timer.set(bad, 10)
                timer.set(good[1], 10)
                await looks_at(*good, n=10)
                self.assertEqual(len(bad.looks), 1)
                self.assertTrue(bad.expires is not None)  # it is looked at again
                timer.set(bad, 5)
                await looks_at(bad, n=2)
                self.assertIs(bad.expires, None)

        run(main())

    def test_looks_that_change_the_list(self):
        async def main():
            watches = [Watch() for _ in range(4)]
            joining = Watch()

            def clears():
                for watch in watches:
                    timer.clear(watch)
                timer.set(joining, 5)
                return 10

            clearing = Watch(clears, clears)
            timer.set(watches[0], LONG)
            timer.set(watches[1], LONG)
            timer.set(clearing, 10)
            timer.set(watches[2], LONG)
            timer.set(watches[3], 5000)
            await looks_at(clearing, n=3)
            await asyncio.sleep(0.05)
            self.assertEqual([watch.looks for watch in watches], [[]] * 4)
            self.assertTrue(len(joining.looks) >= 1)
            again = Watch(lambda: timer.set(again, 5) or 20)
            timer.set(again, 5)
            await looks_at(again, n=2)

        run(main())

    def test_another_event_loop(self):
        """What one that has ended has left behind is forgotten."""
        left = Watch()
        ended = Watch()

        async def leave():
            timer.set(left, 30)
            timer.set(ended, 30)

        async def main():
            watch = Watch()
            timer.set(watch, 10)
            await asyncio.sleep(0.06)
            self.assertEqual(len(watch.looks), 1)
            self.assertEqual(left.looks, [])
            timer.clear(ended)  # whoever it belongs to may still say that it has ended
            timer.set(watch, 10)
            await looks_at(watch, n=2)

        run(leave())
        if not CPYTHON:
            timer.next = left  # run() itself has forgotten it
        run(main())


if not CPYTHON:
    from micropython import heap_lock, heap_unlock

    class Locking(Watch):
        """Between its first look and its third there is no memory."""

        def __init__(self):
            # All that the timer stores too: an object that gets one attribute more takes memory.
            self.expires = self.next = self.start = None
            self.count = 0
            self.locked = False

        def poll(self, time):
            self.count += 1
            if self.count == 1:
                heap_lock()
                self.locked = True
            elif self.count == 3:
                self.unlock()
                return 0
            return 5

        def unlock(self):
            if self.locked:
                self.locked = False
                heap_unlock()

    class TestNoMemory(unittest.TestCase):
        def test_it_needs_none(self):
            async def main():
                timer.set(watch, 5)
                await asyncio.sleep_ms(200)
                watch.unlock()
                self.assertEqual(watch.count, 3)

            watch = Locking()
            try:
                run(main())
            finally:
                watch.unlock()
