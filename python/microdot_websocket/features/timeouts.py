"""``receive()`` and ``receive_into()`` with a ``timeout``.

``asyncio.wait_for()`` would cancel the task; MicroPython's loses a message that comes just then.
"""

from .. import timer

if False:  # for type checkers alone
    from typing import Any

    from ..websocket import WebSocket


_AGAIN = 100  # milliseconds: the task may be sending a pong just then


class _Timeout:
    """A watch of the timer: when it is due, the task that receives is woken, with nothing read."""

    expires = next = None

    def __init__(self, ws: 'WebSocket') -> None:
        self._ws = ws

    def poll(self, ms: int) -> int:
        ws = self._ws
        ws.timeout = True
        ws.protocol.schedule()
        return 0 if ws.closed else _AGAIN


async def wait_for(self: 'WebSocket', timeout: float, maxsize: int, buffer: 'Any') -> 'Any':
    """``receive(None, maxsize, buffer)``; asyncio.TimeoutError if it takes more than ``timeout``
    seconds. What has arrived of a message is kept for the next call."""
    if not self.reader and not self.background:
        # It has ended, or another task receives, whose time this is not.
        return await self.receive(None, maxsize, buffer)
    watch = _Timeout(self)
    timer.set(watch, max(0, int(timeout * 1000)))
    try:
        return await self.receive(None, maxsize, buffer)
    finally:
        timer.clear(watch)
        self.timeout = False
