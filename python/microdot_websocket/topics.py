"""One message to those who want it: ``Topics``, a ``Group`` for real pages."""

import asyncio

from . import timer
from .features.ended import call, on_disconnect
from .group import Backlog, Group
from .websocket import WebSocket, connections, const

if False:  # for type checkers alone
    from collections.abc import Callable, Collection, Iterable
    from typing import Any

    from ._types import Data
    from .group import Message


_GOING_AWAY = const(1001)
_TRY_AGAIN_LATER = const(1013)
_OVERHEAD = const(32)  # as in group.py
_DROPS = 'client', 'oldest'


class _Waiting(Backlog):
    """By the group's ``latest`` and ``drop``."""

    group: 'Topics'

    def add(self, message: 'Message') -> None:
        group = self.group
        self._put(message)
        self.size += message[3]
        n = len(self.messages)
        while n > 1 and self.size + n * _OVERHEAD > group.max_backlog > 0:
            if group.drop == 'client':
                self.ws.abort('too many messages wait')
                return
            oldest = self.messages.pop(1 if self.messages[0] is message else 0)
            self.size -= oldest[3]
            n -= 1

    def _put(self, message: 'Message') -> None:
        """Append it; the newest of a topic takes the place of the one before, so that each topic
        has its turn however often others change."""
        if self.group.latest:
            for i, before in enumerate(self.messages):
                if before[2] == message[2]:
                    self.messages[i] = message
                    self.size -= before[3]
                    return
        self.messages.append(message)

    def pop(self) -> 'Message':
        if self.expires is not None:
            timer.set(self, int(self.group.send_timeout * 1000))  # from now on, for this one
        return super().pop()


class Topics(Group):
    """A ``Group`` with topics: each connection gets the messages of those that it subscribes to::

        from microdot_websocket.topics import Topics

        readings = Topics(latest=True)


        @app.route('/readings')
        @with_websocket
        async def show(request, ws):
            readings.subscribe(ws, 'temp')
            async for message in ws:
                ...


        async def measure():
            while True:
                await readings.publish('temp', str(sensor.read()))
                await asyncio.sleep(1)

    :param send_timeout: seconds in which a client must have taken each of the messages that wait
                         for it; then it is dropped. 0: no limit.
    :param max_backlog: bytes of messages that may wait for a client: as of ``Group``.
    :param latest: True: of each topic only the newest message waits for a client that is slower
                   than what is published. It stays connected, and misses what is old. All that
                   ``send()`` sends to all is one topic of its own.
    :param drop: what is dropped when more than ``max_backlog`` would wait: ``'client'``, or
                 ``'oldest'``, the oldest of these messages, which is the default with ``latest``.
    :param max_members: the most connections; beyond that the oldest leaves, and is closed with code
                        1013 (try again later). 0: no limit.
    :param on_leave: a function or async function that is called when a connection leaves, as of
                     ``ws.on_disconnect()``: with the connection, its close code and reason; they
                     are None if it is still open, and was taken out.

    It has all that a ``Group`` has: ``add(ws)``, ``discard(ws)``, ``send(data)``, ``len(group)``.
    ValueError: ``drop`` is something else.
    """

    backlog = _Waiting

    def __init__(
        self,
        latest: bool = False,
        drop: 'str | None' = None,
        max_members: int = 0,
        on_leave: 'Callable[[WebSocket, int | None, str | None], Any] | None' = None,
        **limits: 'Any',
    ) -> None:
        super().__init__(**limits)
        self.latest = latest
        self.drop = drop or _DROPS[bool(latest)]
        if self.drop not in _DROPS:
            raise ValueError("drop is 'client' or 'oldest'")
        self.max_members = max_members
        self.on_leave = on_leave
        self._topics: dict[str, list[Any]] = {}  # who subscribes to each; none is empty
        self._ended = self._leave  # one object, so that each connection has it once

    def add(self, ws: 'WebSocket') -> None:
        """Add a server's ``WebSocket``; once, however often, and not if it has ended. It gets what
        ``send()`` sends.

        ValueError: it is a client's.
        """
        if ws in self:
            return
        super().add(ws)
        on_disconnect(ws, self._ended)
        if 0 < self.max_members < len(self):
            self._make_room(ws)

    def _make_room(self, new: 'WebSocket') -> None:
        for ws in connections:  # in the order of their handshakes
            if ws is not new and ws in self:
                self.discard(ws)
                try:
                    asyncio.create_task(ws.close(_TRY_AGAIN_LATER))
                except MemoryError:
                    ws.abort('out of memory')
                return

    def _leave(self, ws: 'WebSocket', code: int, reason: str) -> None:
        self.discard(ws)

    def discard(self, ws: 'WebSocket') -> None:
        """Take a connection out of the group and all its topics, if it is in. What waits for it is
        dropped."""
        if ws not in self.members:
            return
        super().discard(ws)
        while self._unsubscribe(ws):
            pass
        if self.on_leave:
            call(self.on_leave, ws)

    def _unsubscribe(self, ws: 'WebSocket') -> bool:
        """From one topic; False: it subscribes to none."""
        for topic in self._topics:  # items() would take memory
            if ws in self._topics[topic]:
                self.unsubscribe(ws, topic)
                return True
        return False

    def subscribe(self, observer: 'Any', topic: str) -> None:
        """Let a connection get the messages of a topic, from now on; it joins the group.

        :param observer: a server's ``WebSocket``; or any object with
                         ``async def send(data, event=None)``, as Microdot's ``SSE``, which gets the
                         topic as its ``event``.
        :param topic: a name, str: topics are what is subscribed to. If a page picks it, look
                      whether there is such a topic: each takes memory.

        ValueError: it is a client's ``WebSocket``.
        """
        if isinstance(observer, WebSocket):
            self.add(observer)
            if observer not in self.members:
                return  # it has ended
        subscribers = self._topics.get(topic)
        if not subscribers:
            self._topics[topic] = [observer]
        elif observer not in subscribers:
            subscribers.append(observer)

    def unsubscribe(self, observer: 'Any', topic: str) -> None:
        """No more of this topic. A connection stays in the group."""
        subscribers = self._topics.get(topic)
        if subscribers and observer in subscribers:
            subscribers.remove(observer)
            if not subscribers:
                del self._topics[topic]

    async def publish(self, topic: str, data: 'Data', exclude: 'WebSocket | None' = None) -> None:
        """Send a message to all who subscribe to the topic, but for ``exclude``, as ``send()`` does
        to all.

        :param topic: a name, as it was subscribed to.
        :param data: as of ``send()``. What tells a page the topic has to be in there.

        Nobody is waited for, but other objects than a ``WebSocket``; one that raises an error is
        subscribed no more.
        """
        await self.deliver(topic, self.subscribers(topic), data, exclude)

    def subscribers(self, topic: str) -> 'Collection[Any]':
        """Who subscribes to a topic: theirs, not to be changed."""
        return self._topics.get(topic, ())

    async def deliver(
        self,
        topic: str,
        subscribers: 'Collection[Any]',
        data: 'Data',
        exclude: 'WebSocket | None' = None,
    ) -> None:
        """Send a message of a topic to these."""
        members, others = self.with_memory(_split, subscribers)
        if members:
            self.post(data, members, exclude, topic)
        for observer in others:
            try:
                await observer.send(data, event=topic)
            except Exception:
                self.unsubscribe(observer, topic)
        await asyncio.sleep(0)  # let other tasks run

    async def close(self, code: int = _GOING_AWAY, reason: str = '') -> None:
        """Close all connections of the group, and wait until they are.

        :param code, reason: as of ``WebSocket.close()``.

        It takes ``WebSocket.close_timeout`` seconds at most. Connections for which there is no
        memory are dropped. ValueError: as of ``WebSocket.close()``.
        """
        closing = []
        for ws in self.with_memory(self.sweep):
            try:
                closing.append(asyncio.create_task(ws.close(code, reason)))
            except MemoryError:
                ws.abort('out of memory')
        error = None
        for task in closing:
            try:
                await task
            except ValueError as exc:
                error = exc
        if error:
            raise error


def _split(subscribers: 'Iterable[Any]') -> 'tuple[list[Any], list[Any]]':
    """The connections among them, and the others."""
    lists: tuple[list[Any], list[Any]] = [], []
    for observer in subscribers:
        lists[not isinstance(observer, WebSocket)].append(observer)
    return lists
