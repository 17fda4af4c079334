"""Room for a new connection: see ``WebSocket.evict_idle``."""

import asyncio

from ..websocket import connections, const

if False:  # for type checkers alone
    from ..websocket import WebSocket


_CLOSED = const(3)  # a state, of websocket.py
_TRY_AGAIN_LATER = const(1013)


def replace(self: 'WebSocket') -> None:
    """Close the connection that has been silent the longest, in favour of this one. Those that only
    wait for the peer's Close are dropped first: else many could be held that way."""
    idle = None
    for ws in list(connections):
        if ws.closed:
            if len(connections) >= self.max_connections:
                ws.update(_CLOSED)
        elif ws.evict_idle and (idle is None or ws.protocol.time < idle.protocol.time):
            idle = ws
    if idle and len(connections) >= self.max_connections:
        asyncio.create_task(idle.close(_TRY_AGAIN_LATER))
        idle.evict_idle = False  # another new one, before that task runs, needs another place
