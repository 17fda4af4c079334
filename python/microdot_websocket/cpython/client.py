"""The client on CPython: its connection, and the methods that Python looks for in a class alone."""

import asyncio
import functools

from ..features import reconnect
from ..websocket import WebSocketError

if False:  # for type checkers alone
    from collections.abc import Generator
    from typing import Any

    from ..websocket import WebSocket


async def open_connection(self: 'Any', ws: 'Any') -> 'tuple[Any, Any]':
    host, port = self.parts[1:3]
    try:
        return opened(ws, *await asyncio.open_connection(host, port, ssl=self.context))
    except UnicodeError as exc:  # of a name that no host can have
        raise OSError(str(exc)) from None


def opened(ws: 'Any', reader: 'Any', writer: 'Any') -> 'tuple[Any, Any]':
    """asyncio's streams, which belong to a connection from now on."""
    ws.socket = Closing(writer)
    return reader, writer


class Closing:
    """What closes a connection now. asyncio's ``writer.close()`` waits until the peer ends TLS: for
    half a minute, before Python 3.11 for ever."""

    def __init__(self, writer: 'Any') -> None:
        self._writer = writer  # kept, too: one that nobody has closes its connection

    def close(self) -> None:
        self._writer.transport.abort()


def uncancelling(open: 'Any') -> 'Any':
    """``connect.open()``, whose time-out cancels the task. Once that has become another error, the
    task must not count as cancelled: ``asyncio.timeout()`` or a ``TaskGroup`` around it would take
    that for its own."""

    @functools.wraps(open)
    async def wrapper(self: 'Any') -> 'WebSocket':
        task: Any = asyncio.current_task()
        before = task.cancelling()
        try:
            return await open(self)
        except WebSocketError:
            if task.cancelling() > before and task.uncancel() > before:
                raise asyncio.CancelledError from None  # somebody else has cancelled it, too
            raise

    return wrapper


def __await__(self: 'Any') -> 'Generator[Any, Any, WebSocket]':
    return self.open().__await__()


def coroutine(self: 'Any') -> 'Any':
    """For a task that is made of it: the next three are what asyncio looks for."""
    if 'coroutine' not in vars(self):
        self.coroutine = self.open()
    return self.coroutine


def step(self: 'Any', method: str, *args: 'Any') -> 'Any':
    """Let that coroutine go on; once it has ended, the next task has another."""
    try:
        return getattr(coroutine(self), method)(*args)
    except BaseException:  # as StopIteration, which has its result
        del self.coroutine
        raise


def send(self: 'Any', value: 'Any') -> 'Any':
    return step(self, 'send', value)


def throw(self: 'Any', *exc: 'Any') -> 'Any':
    return step(self, 'throw', *exc)


def close(self: 'Any') -> None:
    coroutine(self).close()
    del self.coroutine


def attach(cls: 'Any') -> None:
    if hasattr(asyncio.Task, 'uncancel'):  # since Python 3.11
        cls.open = uncancelling(cls.open)
    for method in __await__, send, throw, close:
        setattr(cls, method.__name__, method)
    for name in '__aenter__', '__aexit__', '__aiter__':
        setattr(cls, name, getattr(reconnect, name))
