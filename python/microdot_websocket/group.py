"""One message to many connections: ``Group``."""

import asyncio

from . import timer
from .features.post import write
from .websocket import const

if False:  # for type checkers alone
    from collections.abc import Callable, Iterator
    from typing import Any

    from ._types import Bytes, Data
    from .websocket import WebSocket


_TEXT = const(1)
_BINARY = const(2)
_WAITS = const(3)  # what Protocol.write() returns
_BUSY = const(4)

_MAX_BACKLOG = 1 << 14 if timer.core else 1 << 20  # of a board, and of CPython


class Group:
    """Connections that get the same messages::

        from microdot_websocket.group import Group

        chat = Group()


        @app.route('/chat')
        @with_websocket
        async def join(request, ws):
            chat.add(ws)
            async for message in ws:
                await chat.send(message)

    :param send_timeout: seconds in which a client that could not take a message at once must have
                         taken it and all that were sent meanwhile; then it is dropped. 0: no limit.
    :param max_backlog: bytes of messages that may wait for such a client; one more, and it is
                        dropped. A single message may be longer. 16 KiB by default, 1 MiB on
                        CPython; 0: no limit.

    A connection that has ended leaves the group by itself. ``len(group)``, ``ws in group`` and
    ``for ws in group`` work.
    """

    def __init__(self, send_timeout: float = 5, max_backlog: int = _MAX_BACKLOG) -> None:
        self.send_timeout = send_timeout
        self.max_backlog = max_backlog
        # For each connection the _Backlog that waits for it, or None if it has taken all.
        self._members: dict[WebSocket, _Backlog | None] = {}

    def add(self, ws: 'WebSocket') -> None:
        """Add a server's ``WebSocket``; once, however often.

        ValueError: it is a client's.
        """
        if not ws.request:
            raise ValueError('a Group is for the connections of a server')
        if ws not in self._members:
            self._members[ws] = None

    def discard(self, ws: 'WebSocket') -> None:
        """Take a connection out, if it is in."""
        self._members.pop(ws, None)

    def __len__(self) -> int:
        return len(self._open())

    def __contains__(self, ws: 'Any') -> bool:
        return ws in self._members and not ws.closed

    def __iter__(self) -> 'Iterator[WebSocket]':
        return iter(self._open())

    def _open(self) -> 'list[WebSocket]':
        """The members; those that have ended are taken out."""
        members = list(self._members)
        for ws in members:
            if ws.closed:
                self.discard(ws)
        return [ws for ws in members if not ws.closed]

    async def send(self, data: 'Data', exclude: 'WebSocket | None' = None) -> None:
        """Send a message to all connections, but for ``exclude``, at once.

        :param data: str, bytes, bytearray or memoryview; encoded once, whatever their number.

        Nobody is waited for: what a client cannot take yet is sent to it in the background. Where
        memory ends, the clients that others would have to wait for are dropped first. Raises
        nothing if a client is lost. TypeError: data of another type. MemoryError: there is none for
        the message itself.
        """
        opcode = _TEXT
        if not isinstance(data, str):
            opcode = _BINARY
            data = self._with_memory(_copy, data)
        for ws in self._with_memory(self._open):
            if ws is not exclude and not ws.closed:
                self._send(ws, data, opcode)
        await asyncio.sleep(0)  # let other tasks run

    def _send(self, ws: 'WebSocket', data: 'Data', opcode: int) -> None:
        state = _BUSY if self._members.get(ws) else write(ws, data, opcode)
        try:
            if state == _BUSY or state == _WAITS:
                self._with_memory(self._keep, ws, data if state == _BUSY else None)
        except MemoryError:
            ws.abort('out of memory')  # the client would miss a message, the others need not
        if ws.closed:
            self.discard(ws)

    def _keep(self, ws: 'WebSocket', data: 'Data | None') -> None:
        """A message waits for this client, or if that is None a part of the one before."""
        if ws.closed:
            return
        backlog = self._members[ws]
        if backlog:
            backlog.add(data, self.max_backlog)
            return
        backlog = _Backlog(ws)
        if data is not None:
            backlog.add(data, 0)
        asyncio.create_task(self._catch_up(ws, backlog))
        self._members[ws] = backlog

    def _with_memory(self, function: 'Callable[..., Any]', *args: 'Any') -> 'Any':
        """Call a function. Where memory ends, drop the clients for which messages wait, and try
        again; what it has changed before it needs memory would be changed twice. MemoryError."""
        try:
            return function(*args)
        except MemoryError:
            slow = False
            for ws, backlog in self._members.items():
                if backlog:
                    slow = True
                    ws.abort('out of memory')
            if not slow:
                raise
            return function(*args)

    async def _catch_up(self, ws: 'WebSocket', backlog: '_Backlog') -> None:
        try:
            if self.send_timeout > 0:
                timer.set(backlog, int(self.send_timeout * 1000))
            await ws.flush()
            while backlog.messages:
                await ws.send(backlog.pop())
            if ws in self._members:
                self._members[ws] = None
        except Exception:  # it was lost, or it is too slow
            ws.abort('send timed out')
            self.discard(ws)
        finally:
            timer.clear(backlog)


class _Backlog:
    """Messages for a connection that could not take one at once: a watch of the timer."""

    expires = next = None

    def __init__(self, ws: 'WebSocket') -> None:
        self._ws = ws
        self.messages: list[Data] = []
        self._size = 0  # of them, in bytes, or characters of str

    def add(self, data: 'Data', most: int) -> None:
        """Append a message; or drop the connection, if these are more than ``most`` bytes then."""
        size = self._size + len(data)
        if self.messages and size > most > 0:
            self._ws.abort('too many messages wait')
            return
        self.messages.append(data)
        self._size = size

    def pop(self) -> 'Data':
        data = self.messages.pop(0)
        self._size -= len(data)
        return data

    def poll(self, time: int) -> int:
        self._ws.abort('send timed out')
        return 0


def _copy(data: 'Bytes') -> bytes:
    return bytes(memoryview(data))  # its owner may change it while it waits
