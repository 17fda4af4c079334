"""Room for a new connection: see ``WebSocket.evict_idle``."""

import asyncio

from ..websocket import connections

_TRY_AGAIN_LATER = 1013


def replace(self):
    """Close the connection that has been silent the longest, in favour of this one."""
    idle = None
    for ws in connections:
        if not ws.closed and (idle is None or ws.protocol.time < idle.protocol.time):
            idle = ws
    if idle:
        asyncio.create_task(idle.close(_TRY_AGAIN_LATER))
