"""One message to many connections: ``Group``."""

import asyncio

from . import timer
from .features.post import post
from .websocket import const

_TEXT = const(1)
_BINARY = const(2)


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

    A connection that has ended leaves the group by itself. ``len(group)``, ``ws in group`` and
    ``for ws in group`` work.
    """

    def __init__(self, send_timeout=5):
        self.send_timeout = send_timeout
        # For each connection the messages that wait for it, or None if it has taken all.
        self._members = {}

    def add(self, ws):
        """Add a server's ``WebSocket``; once, however often.

        ValueError: it is a client's.
        """
        if not ws.request:
            raise ValueError('a Group is for the connections of a server')
        if ws not in self._members:
            self._members[ws] = None

    def discard(self, ws):
        """Take a connection out, if it is in."""
        self._members.pop(ws, None)

    def __len__(self):
        return len(self._members)

    def __contains__(self, ws):
        return ws in self._members

    def __iter__(self):
        return iter(list(self._members))

    async def send(self, data, exclude=None):
        """Send a message to all connections, but for ``exclude``, at once.

        :param data: str, bytes, bytearray or memoryview; encoded once, whatever their number.

        Nobody is waited for: what a client cannot take yet is sent to it in the background.
        Raises nothing if a client is lost. TypeError: data of another type.
        """
        opcode = _TEXT
        if not isinstance(data, str):
            opcode = _BINARY
            data = bytes(memoryview(data))  # its owner may change it while it waits
        for ws in self:
            if ws.closed:
                self.discard(ws)
            elif ws is not exclude:
                self._send(ws, data, opcode)
        await asyncio.sleep(0)  # let other tasks run

    def _send(self, ws, data, opcode):
        backlog = self._members[ws]
        try:
            if backlog:
                backlog.messages.append(data)
                return
            taken = post(ws, data, opcode)
            if not ws.closed and (not taken or ws.protocol.locked):
                backlog = self._members[ws] = _Backlog(ws)
                if not taken:
                    backlog.messages.append(data)
                asyncio.create_task(self._catch_up(ws, backlog))
        except MemoryError:
            ws.abort('out of memory')  # the client would miss a message, the others need not
        if ws.closed:
            self.discard(ws)

    async def _catch_up(self, ws, backlog):
        try:
            if self.send_timeout > 0:
                timer.set(backlog, int(self.send_timeout * 1000))
            await ws.flush()
            while backlog.messages:
                await ws.send(backlog.messages.pop(0))
            if ws in self._members:
                self._members[ws] = None
        except Exception:  # it was lost, or it is too slow
            ws.abort('send timed out')
            self.discard(ws)
        finally:
            timer.clear(backlog)


class _Backlog:
    """Messages for a connection that could not take one at once: a watch of the timer."""

    due = next = None

    def __init__(self, ws):
        self._ws = ws
        self.messages = []

    def poll(self, time):
        self._ws.abort('send timed out')
        return 0
