"""``async for`` and ``async with`` on a connection: methods of ``WebSocket``."""

from ..websocket import WebSocketError, const

if False:  # for type checkers alone
    from collections.abc import AsyncIterator, Coroutine
    from types import TracebackType
    from typing import Any

    from ..websocket import WebSocket


# Of core/frames.py
_NORMAL = const(1000)
_GOING_AWAY = const(1001)
_NO_STATUS = const(1005)
_INTERNAL_ERROR = const(1011)


class _Messages:
    # Not the connection itself, where MicroPython would look for __anext__ in vain each time.

    def __init__(self, ws: 'WebSocket') -> None:
        self._ws = ws

    def __aiter__(self) -> '_Messages':
        return self

    async def __anext__(self) -> 'str | bytes':
        try:
            return await self._ws.receive()
        except WebSocketError as exc:
            # As it should: a browser's close() gives no code.
            if exc.code in (_NORMAL, _GOING_AWAY, _NO_STATUS):
                raise StopAsyncIteration
            raise


def __aiter__(self: 'WebSocket') -> 'AsyncIterator[str | bytes]':
    """``async for message in ws``: the messages, until the connection ends.

    It ends the loop if its close code is 1000, 1001 or 1005, which is none. Else WebSocketError.
    """
    return _Messages(self)


async def __aenter__(self: 'WebSocket') -> 'WebSocket':
    """``async with ws``: closes the connection at the end, with code 1011 after an exception."""
    return self


def __aexit__(
    self: 'WebSocket',
    exc_type: 'type[BaseException] | None',
    exc: 'BaseException | None',
    traceback: 'TracebackType | None',
) -> 'Coroutine[Any, Any, None]':
    # No coroutine of its own: without memory for that nothing would be closed.
    code = _NORMAL
    if exc_type and not issubclass(exc_type, Exception):
        # As in upgrade.py: when it is cancelled, there is no time to wait for an answer.
        code = _GOING_AWAY
        self.close_timeout = 0
    elif exc_type and not issubclass(exc_type, WebSocketError):
        code = _INTERNAL_ERROR
    try:
        return self.close(code)
    except MemoryError:
        self.abort()
        raise
