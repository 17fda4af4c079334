"""serve() on CPython: how it ends. Over sockets: tests/server/test_shutdown.py."""

import asyncio
import os
import signal
import threading
import time

import pytest
from interpreters import free_port
from microdot import Microdot
from microdot_websocket.server import run, serve


async def serving(app):
    """(the task that serves it, its port)"""
    port = free_port()
    task = asyncio.create_task(serve(app, '127.0.0.1', port))
    while not app.server:
        await asyncio.sleep(0.01)
    return task, port


def test_the_address_is_in_use():
    async def main():
        app = Microdot()
        task, port = await serving(app)
        with pytest.raises(OSError):
            await serve(Microdot(), '127.0.0.1', port)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_shutdown_ends_it():
    async def main():
        app = Microdot()
        task, port = await serving(app)
        app.shutdown()
        await asyncio.wait_for(task, 10)

    asyncio.run(main())


def test_a_handler_comes_to_its_end():
    async def main():
        app = Microdot()
        begun = asyncio.Event()

        @app.route('/')
        async def slow(request):
            begun.set()
            await asyncio.sleep(0.3)  # longer than shutdown() waits
            return 'done'

        task, port = await serving(app)
        reader, writer = await asyncio.open_connection('127.0.0.1', port)
        writer.write(b'GET / HTTP/1.0\r\n\r\n')
        await begun.wait()
        app.shutdown()
        await asyncio.wait_for(task, 10)
        assert (await reader.read()).endswith(b'done')
        writer.close()

    asyncio.run(main())


def test_ctrl_c_ends_run_without_an_exception():
    app = Microdot()
    port = free_port()

    def press():
        while not app.server:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    # Whatever runs the tests in the background may have turned Ctrl-C off.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=press).start()
    try:
        assert run(app, '127.0.0.1', port) is None
    finally:
        signal.signal(signal.SIGINT, before)
