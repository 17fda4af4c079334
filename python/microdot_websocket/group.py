"""One message to many connections: ``Group``."""

import asyncio

from . import protocol as rfc
from .plain_stream import encode_frame
from .websocket import BUFFERS


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
        if isinstance(data, str):
            opcode = rfc.TEXT
        elif isinstance(data, BUFFERS):
            opcode = rfc.BINARY
            data = bytes(data)  # its owner may change it while it waits
        else:
            raise TypeError('send() takes str or bytes, not %s' % type(data).__name__)
        # Shown, not copied, where a client takes a part of it.
        frame = memoryview(encode_frame(opcode, data))
        for ws in self:
            if ws.closed:
                self.discard(ws)
            elif ws is not exclude:
                self._send(ws, frame, data)
        await asyncio.sleep(0)  # let other tasks run

    def _send(self, ws, frame, data):
        waiting = self._members[ws]
        if waiting is not None:
            waiting.append(data)
            return
        try:
            if ws._flushing:
                waiting = [data]
            elif ws._stream.write(frame):
                waiting = []
        except OSError:
            ws._lost()
            self.discard(ws)
        if waiting is not None:
            self._members[ws] = waiting
            asyncio.create_task(self._catch_up(ws, waiting))

    async def _catch_up(self, ws, waiting):
        try:
            await asyncio.wait_for(self._send_all(ws, waiting), self.send_timeout or None)
        except Exception:  # it was lost, or it is too slow
            ws._lost('send timed out')
            self.discard(ws)

    async def _send_all(self, ws, waiting):
        await ws._flush()
        while waiting:
            await ws.send(waiting.pop(0))
        if ws in self._members:
            self._members[ws] = None
