"""Frames that nobody waits for: pings, and of ``ByteStream``."""

import asyncio

from .. import timer
from ..websocket import const

if False:  # for type checkers alone
    from .._types import Data
    from ..websocket import WebSocket


_CORKED = const(2)  # what Protocol.write() returns
_WAITS = const(3)
_BUSY = const(4)
_UNREAD = const(5)


def post(ws: 'WebSocket', data: 'Data', opcode: int) -> bool:
    """Send a frame without waiting, and what waits of it in the background. False: it was not
    taken, since an earlier one waits, or the connection has ended."""
    if ws.writer is None:
        return False
    try:
        state = ws.protocol.write(data, opcode)
        if state == _CORKED:
            timer.set(ws, 0)
        elif state == _WAITS:
            asyncio.create_task(ws.drain())
        elif state == _UNREAD:
            ws.watch(1)
        return state != _BUSY
    except OSError:
        pass
    except MemoryError:  # on its own: a tuple of both would take memory
        pass
    ws.abort()
    return False
