"""How the extension goes with tasks of asyncio.
On CPython with the extension only."""

import asyncio
import subprocess
import sys

import pytest
from extension_connection import opened, outside
from frames import BINARY, TEXT, frame, pattern
from memory_stream import run, settle
from scripted_stream import receive


def test_it_runs_in_the_turn_in_which_bytes_come():
    async def main():
        p, _, peer = opened()
        order = []

        async def reads():
            order.append(await receive(p))
            order.append(await receive(p))

        task = asyncio.create_task(reads())
        await settle()
        outside(peer.feed, frame(TEXT, 'a') + frame(TEXT, 'b'))
        outside(order.append, 'next')
        await task
        assert order == ['a', 'b', 'next']

    run(main())


def test_from_inside_of_another_task_it_waits_for_its_turn():
    async def main():
        p, _, peer = opened()
        task = asyncio.create_task(receive(p))
        await settle()
        peer.feed(frame(TEXT, 'a'))
        assert not task.done()
        assert await task == 'a'

    run(main())


def test_it_does_not_run_for_a_part():
    async def main():
        p, _, peer = opened()
        p.poll = True
        turns = []

        async def reads():
            while True:
                message = p.read(-1, None)
                if message is not None:
                    return message
                turns.append(1)
                await p

        task = asyncio.create_task(reads())
        await settle()
        data = frame(BINARY, pattern(100000))
        for i in range(0, len(data) - 1, 9999):
            outside(peer.feed, data[i : min(i + 9999, len(data) - 1)])
            await settle()
        assert len(turns) == 1
        outside(peer.feed, data[-1:])
        assert await task == pattern(100000)

    run(main())


def test_cancelled_in_any_turn():
    """Nothing is lost, and nobody is left waiting."""

    async def main():
        p, _, peer = opened()
        got = []

        async def reads():
            while True:
                got.append(await receive(p))

        for i in range(40):
            task = asyncio.create_task(reads())
            for _ in range(i % 4):
                await asyncio.sleep(0)
            if i % 3:
                outside(peer.feed, frame(TEXT, str(i)))
            else:
                peer.feed(frame(TEXT, str(i)))
            for _ in range(i % 5):
                await asyncio.sleep(0)
            task.cancel('enough')
            with pytest.raises(asyncio.CancelledError):
                await task
            p.register()
        peer.end()
        while True:
            message = await receive(p)
            if message is False:
                break
            got.append(message)
        assert got == [str(i) for i in range(40)]

    run(main())


def test_the_message_of_a_cancellation():
    async def main():
        p, _, peer = opened()
        seen = []

        async def reads():
            try:
                await receive(p)
            except asyncio.CancelledError as exc:
                seen.append(exc.args)
                raise

        for args in (('why',), ()):
            task = asyncio.create_task(reads())
            await settle()
            task.cancel(*args)
            with pytest.raises(asyncio.CancelledError):
                await task
        assert seen == [('why',), ()]

    run(main())


def test_a_task_that_is_made_eagerly():
    if sys.version_info < (3, 12):
        return

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        p, _, peer = opened()
        task = asyncio.create_task(receive(p))
        outside(peer.feed, frame(TEXT, 'a'))
        assert await task == 'a'

    run(main())


def test_tasks_in_python(monkeypatch):
    """As an event loop's own task factory may make them."""

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coro, **options: asyncio.tasks._PyTask(coro, loop=loop))
        p, _, peer = opened()
        task = loop.create_task(receive(p))
        await settle()
        peer.feed(frame(TEXT, 'a'))
        assert await task == 'a'
        task = loop.create_task(receive(p))
        await settle()
        outside(peer.feed, frame(TEXT, 'b'))
        assert await task == 'b'
        task = loop.create_task(receive(p))
        await settle()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())


def test_asyncio_without_its_extension():
    code = f"""if True:
        import sys
        sys.modules['_asyncio'] = None
        sys.path[:0] = {sys.path!r}
        import {__name__} as tests
        tests.test_from_inside_of_another_task_it_waits_for_its_turn()
        tests.test_it_runs_in_the_turn_in_which_bytes_come()
        tests.test_cancelled_in_any_turn()
        print(tests.asyncio.Task)
    """
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.stdout == "<class 'asyncio.tasks.Task'>\n", done.stderr


def test_what_a_task_awaits_is_for_tasks():
    async def main():
        p, _, peer = opened()
        assert p.read(-1, None) is None
        waiter = next(iter(p))
        assert waiter.get_loop() is asyncio.get_running_loop()
        for args, options in (((), {}), ((print,), {}), ((print,), {'other': 1})):
            with pytest.raises(RuntimeError):
                waiter.add_done_callback(*args, **options)
        assert not waiter.cancel()
        with pytest.raises(TypeError):
            type(waiter)()
        peer.feed(frame(TEXT, 'x'))
        assert p.read(-1, None) == 'x'

    run(main())
