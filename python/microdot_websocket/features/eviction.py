"""Room for a new connection: see ``WebSocket.evict_idle``."""

import asyncio

from ..websocket import connections

if False:  # for type checkers alone
    from ..websocket import WebSocket


_TRY_AGAIN_LATER = 1013


def replace(self: 'WebSocket') -> None:
    """Close the connection that has been silent the longest, in favour of this one."""
    idle = None
    for ws in connections:
        if not ws.closed and (idle is None or ws.protocol.time < idle.protocol.time):
            idle = ws
    if idle:
        asyncio.create_task(idle.close(_TRY_AGAIN_LATER))
