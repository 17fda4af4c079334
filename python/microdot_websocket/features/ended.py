"""A function to be called when a connection has ended: ``ws.on_disconnect()``.

``WebSocket.update()`` has no place for it: an attribute of the object covers that of the class, so
that other connections pay nothing.
"""

import asyncio

from microdot import microdot

from ..websocket import const

if False:  # for type checkers alone
    from collections.abc import Callable
    from typing import Any

    from ..websocket import WebSocket


_NORMAL = const(1000)
_CLOSED = const(3)  # a state, of websocket.py


class _End:
    """In the place of ``ws.update()``."""

    def __init__(self, ws: 'WebSocket') -> None:
        self._ws = ws
        self.functions: list[Callable[..., Any]] = []  # that are to be called
        self._update = ws.update
        ws.update = self.update  # type: ignore[method-assign]

    def update(self, state: int, code: int = _NORMAL, reason: str = '') -> None:
        ws = self._ws
        self._update(state, code, reason)
        if ws.state == _CLOSED:
            while self.functions:
                call(self.functions.pop(0), ws)


def call(f: 'Callable[..., Any]', ws: 'WebSocket') -> None:
    """Call a function of the application with the connection, its close code and reason. It may be
    async: in a task then. What it raises is printed, as Microdot prints what a handler raises: it
    must not end anything else. So it raises nothing, without memory too, and needs none itself."""
    try:
        result = f(ws, ws.close_code, ws.close_reason)
        if hasattr(result, 'throw'):  # what an async function returns
            asyncio.create_task(_guard(result))
    except Exception as exc:
        report(exc)


async def _guard(awaitable: 'Any') -> None:
    try:
        await awaitable
    except Exception as exc:
        report(exc)


def report(exc: Exception) -> None:
    """Print what the application's code has raised, where nobody else will see it."""
    try:
        microdot.print_exception(exc)  # type: ignore[attr-defined]
    except MemoryError:
        pass


def on_disconnect(self: 'WebSocket', f: 'Callable[..., Any]') -> 'Callable[..., Any]':
    """Call a function once, when the connection has ended, however it does::

        @ws.on_disconnect
        def gone(ws, code, reason):
            print(ws.id, 'is gone:', code, reason)

    :param f: a function or async function. ``code`` and ``reason`` are ``ws.close_code``, int, and
              ``ws.close_reason``, str.

    Returns the function. Several may be given, of which each is called once; a connection that has
    ended calls it at once. As an option, ``with_websocket(on_disconnect=gone)``, it is the same.
    What the function raises is printed. Where memory has ended it may not get far.
    """
    if self.state == _CLOSED:
        call(f, self)
        return f
    end = getattr(self, 'end', None)
    if not end:
        end = self.end = _End(self)  # type: ignore[attr-defined]
    if f not in end.functions:
        end.functions.append(f)
    return f
