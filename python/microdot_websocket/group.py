"""One message to many connections: ``Group``."""

import asyncio

from . import timer
from .features import size
from .websocket import const

if False:  # for type checkers alone
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from ._types import Data

    Message = tuple[Data, int, str | None, int]  # what is sent, its opcode, topic and bytes
    from .websocket import WebSocket


_TEXT = const(1)
_BINARY = const(2)
_CORKED = const(2)  # what Protocol.write() returns
_WAITS = const(3)
_BUSY = const(4)
_UNREAD = const(5)

_OVERHEAD = const(32)  # bytes that a message which waits takes besides its own


class Backlog:
    """Messages for a connection that could not take one at once: a watch of the timer."""

    expires = next = None

    def __init__(self, ws: 'WebSocket', group: 'Group') -> None:
        self.ws = ws
        self.group = group
        self.messages: list[Message] = []
        self.size = 0  # of them, in bytes

    def add(self, message: 'Message') -> None:
        """Append it; or drop the connection, if it is more than may wait then."""
        total = self.size + message[3]
        n = len(self.messages) + 1
        if n > 1 and total + n * _OVERHEAD > self.group.max_backlog > 0:
            self.ws.abort('too many messages wait')
            return
        self.messages.append(message)
        self.size = total

    def pop(self) -> 'Message':
        message = self.messages.pop(0)
        self.size -= message[3]
        return message

    def poll(self, time: int) -> int:
        self.ws.abort('send timed out')
        return 0


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
    :param max_backlog: bytes of messages that may wait for such a client, and 32 for each; one
                        more, and it is dropped. A single message may be longer. 16 KiB by default,
                        1 MiB on CPython; 0: no limit.

    A connection that has ended leaves the group by itself. ``len(group)``, ``ws in group`` and
    ``for ws in group`` work. More than one topic, and what else pages need: see ``topics.Topics``.
    """

    backlog = Backlog

    def __init__(
        self, send_timeout: float = 5, max_backlog: int = 1 << 14 if timer.core else 1 << 20
    ) -> None:
        self.send_timeout = send_timeout
        self.max_backlog = max_backlog
        # For each connection the Backlog that waits for it, or None if it has taken all.
        self.members: dict[WebSocket, Backlog | None] = {}

    def add(self, ws: 'WebSocket') -> None:
        """Add a server's ``WebSocket``; once, however often, and not if it has ended.

        ValueError: it is a client's.
        """
        if not ws.request:
            raise ValueError('a Group is for the connections of a server')
        # Without those that have ended, which else stay until the next message.
        if ws not in self.sweep() and not ws.closed:
            self.members[ws] = None

    def discard(self, ws: 'WebSocket') -> None:
        """Take a connection out, if it is in. What waits for it is dropped."""
        backlog = self.members.pop(ws, None)
        if backlog:
            # If it comes back, what it is sent then has to be behind this.
            backlog.messages.clear()

    def __len__(self) -> int:
        return len(self.sweep())

    def __contains__(self, ws: 'Any') -> bool:
        return ws in self.members and not ws.closed

    def __iter__(self) -> 'Iterator[WebSocket]':
        return iter(self.sweep())

    def sweep(self) -> 'list[WebSocket]':
        """The members; those that have ended are taken out."""
        for ws in list(self.members):
            if ws.closed:
                self.discard(ws)
        return list(self.members)

    async def send(self, data: 'Data', exclude: 'WebSocket | None' = None) -> None:
        """Send a message to all connections, but for ``exclude``, at once.

        :param data: str, bytes, bytearray or memoryview; copied and compressed once, whatever their
                     number.

        Nobody is waited for: what a client cannot take yet is sent to it in the background. Where
        memory ends, the clients that others would have to wait for are dropped first. Raises
        nothing if a client is lost. TypeError: data of another type. MemoryError: there is none for
        the message itself.
        """
        self.post(data, self.with_memory(self.sweep), exclude, None)
        await asyncio.sleep(0)  # let other tasks run

    def post(
        self,
        data: 'Data',
        members: 'Iterable[WebSocket]',
        exclude: 'WebSocket | None',
        topic: 'str | None',
    ) -> None:
        """Send a message to these connections without waiting."""
        plain = self.with_memory(_message, data, topic)
        compressed: Any = None  # the same, by the settings of those that compress
        for ws in members:
            # Those before it may have taken it out: Topics.on_leave.
            if ws is not exclude and ws in self.members and not ws.closed:
                try:
                    message = plain
                    if ws.compressed:
                        compressed = compressed or {}
                        message = self.with_memory(ws.compressed.share, plain, compressed)
                    state = _BUSY  # behind what waits already
                    if ws.writer and not self.members.get(ws):
                        state = ws.protocol.write(message[0], message[1])
                    if state == _CORKED:
                        timer.set(ws, 0)
                    elif state == _WAITS or state == _BUSY:
                        self.with_memory(self.keep, ws, message if state == _BUSY else None)
                    elif state == _UNREAD:
                        ws.watch(1)
                except MemoryError:
                    # This client would miss a message, the others need not.
                    ws.abort('out of memory')
                except OSError:
                    ws.abort()
            if ws.closed:
                self.discard(ws)

    def keep(self, ws: 'WebSocket', message: 'Message | None') -> None:
        """A message waits for this client, or if that is None a part of the one before."""
        if ws not in self:
            return
        waiting = self.members[ws]
        backlog = waiting or self.backlog(ws, self)
        if message:
            backlog.add(message)
        if not waiting:
            asyncio.create_task(self.catch_up(ws, backlog))
            self.members[ws] = backlog

    def with_memory(self, function: 'Callable[..., Any]', *args: 'Any') -> 'Any':
        """Call a function. Where memory ends, drop the clients for which messages wait, and try
        again; what it has changed before it needs memory would be changed twice. MemoryError."""
        try:
            return function(*args)
        except MemoryError:
            slow = False
            while True:
                for ws in self.members:  # items() would take memory
                    if self.members[ws] and not ws.closed:
                        break
                else:
                    break
                slow = True
                ws.abort('out of memory')  # it may leave at once: begin anew
            if not slow:
                raise
            return function(*args)

    async def catch_up(self, ws: 'WebSocket', backlog: 'Backlog') -> None:
        """Send what waits."""
        try:
            if self.send_timeout > 0:
                timer.set(backlog, int(self.send_timeout * 1000))
            await ws.flush()
            while backlog.messages:
                message = backlog.pop()
                await (ws.compressed or ws).send(message[0], message[1])
            if self.members.get(ws) is backlog:
                self.members[ws] = None
        except Exception:  # it was lost
            ws.abort()
            self.discard(ws)
        finally:
            timer.clear(backlog)


def _message(data: 'Any', topic: 'str | None') -> 'Message':
    if isinstance(data, str):
        return data, _TEXT, topic, size(data)
    data = bytes(memoryview(data))  # its owner may change it while it waits
    return data, _BINARY, topic, len(data)
