"""What the extension leaves behind, and where memory ends.
On CPython with the extension only."""

import asyncio
import gc
import subprocess
import sys

import pytest
from _wscodec import Protocol
from extension_connection import opened
from frames import BINARY, PING, TEXT, frame, pattern
from memory_stream import run, settle
from scripted_stream import Stream, client, connection, receive


def test_a_million_messages_leave_nothing():
    """Neither objects nor references to those that are shared."""

    async def main():
        p, _, peer = opened(1 << 17)
        batch = b''.join(frame(opcode, b'x' * 7, key=b'abcd') for opcode in (TEXT, BINARY)) * 500
        shared = None, True, False, b'', ''

        async def messages(count):
            for _ in range(count // 1000):
                peer.feed(batch)
                for _ in range(1000):
                    await receive(p)
                    p.write('reply', None)
                while p.flush():
                    await p.wait()
                peer.sent.clear()

        await messages(2000)
        gc.collect()
        before = sys.getallocatedblocks(), [sys.getrefcount(item) for item in shared]
        await messages(1000000)
        gc.collect()
        after = sys.getallocatedblocks(), [sys.getrefcount(item) for item in shared]
        assert abs(after[0] - before[0]) < 200
        assert all(abs(a - b) < 200 for a, b in zip(after[1], before[1]))

    run(main())


def test_connections_leave_nothing():
    async def one(i):
        p, transport, peer = opened(kind=client if i % 2 else connection)
        task = asyncio.create_task(receive(p))
        await settle(3)
        peer.feed(frame(BINARY, pattern(20000), key=None if i % 2 else b'abcd')[: 1000 * (i % 25)])
        p.write('x' * 1000 * (i % 3), None)
        if i % 5:
            p.abort()
        elif i % 4:
            peer.fail(104)
        else:
            peer.end()
        await settle(3)
        task.cancel()
        await asyncio.wait([task])
        task.cancelled() or task.exception()

    async def main():
        for i in range(600):  # until lists and pools of all kinds have grown
            await one(i)
        gc.collect()
        before = sys.getallocatedblocks()
        for i in range(500):
            await one(i)
        gc.collect()
        assert sys.getallocatedblocks() - before < 300

    run(main())


def test_a_cycle_is_collected():
    """A task that waits holds its connection, and the connection the task."""

    class Stop:
        ended = []

        def __del__(self):
            self.ended.append(1)

    async def main():
        async def reads(p, stop):
            await receive(p)

        p, _, peer = opened()
        task = asyncio.create_task(reads(p, Stop()))
        await settle()
        peer.transport.protocol = None
        del p, peer, task
        gc.collect()

    run(main())
    gc.collect()
    assert Stop.ended


def test_each_allocation_fails():
    """One after the other, in a connection: an exception, or all is as if nothing had been."""
    testcapi = pytest.importorskip('_testcapi', reason='CPython without its own tests')

    async def exchange(nth):
        """What came of it; the nth allocation fails."""
        stream = Stream(frame(TEXT, 'é' * 400) + frame(BINARY, bytes(900)) + frame(PING, b'x'))
        p = connection(Protocol, stream)
        results = []

        def calls():
            for call in (
                lambda: p.read(-1, None),
                lambda: p.write('reply', None),
                lambda: p.write(bytearray(3000), None),
                p.flush,
                lambda: p.read(-1, None),
                lambda: p.data,
            ):
                try:
                    results.append(call())
                except MemoryError:
                    results.append(MemoryError)

        testcapi.set_nomemory(nth, nth + 1)
        try:
            calls()
        except MemoryError:
            results.append(MemoryError)
        finally:
            testcapi.remove_mem_hooks()
        p.abort()
        return results

    async def main():
        whole = await exchange(1 << 30)
        for nth in range(1, 1000):
            results = await exchange(nth)
            if results == whole:
                break
        else:
            raise AssertionError('it allocates for ever')
        assert nth > 5

    run(main())


def test_another_interpreter_has_the_twin():
    """Classes of this one, such as CancelledError, would not be those of its asyncio."""
    there = f"""if True:
        import sys
        sys.path[:0] = {sys.path!r}
        from microdot_websocket.codec import IMPL
        assert IMPL == 'python', IMPL
    """
    here = f"""if True:
        import sys
        sys.path[:0] = {sys.path!r}
        import _wscodec as first
        try:
            import _interpreters
            number = _interpreters.create('legacy')  # whose GIL is the same
        except ImportError:
            import _xxsubinterpreters as _interpreters
            number = _interpreters.create(isolated=False)
        failed = _interpreters.run_string(number, {there!r})
        assert not failed, failed
        del sys.modules['_wscodec']
        import _wscodec
        assert _wscodec.Protocol is first.Protocol
    """
    done = subprocess.run([sys.executable, '-c', here], capture_output=True, text=True)
    assert not done.returncode, done.stderr
