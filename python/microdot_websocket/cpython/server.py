"""``serve()`` on CPython: see ``microdot_websocket/server.py``."""

import asyncio

if False:  # for type checkers alone
    from typing import Any

    from microdot import Microdot


_LOOK = 0.2  # seconds
_HANDLERS = 1  # seconds for the handlers to end
_HANDLER = 'Microdot.start_server.<locals>.serve'  # microdot.py: what its tasks run


async def serve(app: 'Microdot', *args: 'Any', **kwargs: 'Any') -> None:
    """``app.start_server()`` ends only when all connections have, from Python 3.12 on: so close
    them when ``app.shutdown()`` was called, or this task is cancelled."""
    from ..server import shutdown

    server = asyncio.create_task(app.start_server(*args, **kwargs))
    try:
        while not server.done() and (not app.server or app.server.is_serving()):
            await asyncio.wait([server], timeout=_LOOK)
    except asyncio.CancelledError:
        server.cancel()
        raise
    finally:
        await shutdown(app)
        await end_of_handlers()
    await server


async def end_of_handlers() -> None:
    """Or asyncio cancels them, and prints a traceback for each."""
    tasks = [t for t in asyncio.all_tasks() if t.get_coro().__qualname__ == _HANDLER]  # type: ignore[union-attr]
    if tasks:
        await asyncio.wait(tasks, timeout=_HANDLERS)
