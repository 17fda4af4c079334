"""Frames that nobody waits for: of ``Group``, and pings."""

import asyncio

from .. import timer
from ..websocket import const

_CORKED = const(2)  # what Protocol.write() returns
_WAITS = const(3)
_BUSY = const(4)


def post(ws, data, opcode):
    """Send a frame of a connection without waiting; False: it was not taken, since an earlier one
    waits, or the connection has ended."""
    if ws.writer is None:
        return False
    try:
        state = ws.protocol.write(data, opcode)
        if state == _CORKED:
            timer.set(ws, 0)
        elif state == _WAITS:
            asyncio.create_task(ws.drain())
    except (OSError, MemoryError):
        ws.abort()
        return False
    return state != _BUSY
