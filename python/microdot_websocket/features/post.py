"""Frames that nobody waits for: of ``Group``, and pings."""

import asyncio

from .. import timer
from ..websocket import const

if False:  # for type checkers alone
    from .._types import Data
    from ..websocket import WebSocket


_CORKED = const(2)  # what Protocol.write() returns
_WAITS = const(3)
_BUSY = const(4)


def write(ws: 'WebSocket', data: 'Data', opcode: int) -> 'int | None':
    """Send a frame of a connection without waiting: BUSY if it was not taken, since an earlier one
    waits, or the connection has ended; WAITS if somebody has to call ``ws.flush()``."""
    if ws.writer is None:
        return _BUSY
    try:
        state = ws.protocol.write(data, opcode)
        if state == _CORKED:
            timer.set(ws, 0)
        return state
    except OSError:
        pass
    except MemoryError:  # on its own: a tuple of both would take memory
        pass
    ws.abort()
    return _BUSY


def post(ws: 'WebSocket', data: 'Data', opcode: int) -> bool:
    """Send a frame, and what waits of it in the background; False: it was not taken."""
    state = write(ws, data, opcode)
    if state == _WAITS:
        try:
            asyncio.create_task(ws.drain())
        except MemoryError:
            ws.abort()
            return False
    return state != _BUSY
