"""The closing handshake of an end that sends the first Close, or cannot send the second at once:
RFC 6455, section 7.1. Imported when it is needed.
"""

import asyncio

from . import protocol as rfc
from .codec import parse_header


async def finish(ws, waits):
    """After a Close was written: wait until it is sent, if it ``waits`` for that, and the peer's
    has come, for ``close_timeout`` seconds at most. Raises nothing."""
    if ws.close_timeout > 0:
        try:
            await asyncio.wait_for(_finish(ws, waits), ws.close_timeout)
        except (OSError, asyncio.TimeoutError):
            ws._stream.abort()
    ws._ended = True


async def _finish(ws, waits):
    if waits:
        await ws._flush()
    # Without the peer's Close the system may answer bytes that come late with a reset, and the
    # peer never see ours.
    protocol = ws._protocol
    while not ws._ended:
        if ws._receiving:
            if ws._receiving is True:
                ws._receiving = asyncio.Event()
            await ws._receiving.wait()
        elif discard(protocol):
            ws._ended = True  # at once: another task may be in here too, and would read on
        else:
            ws._receiving = True
            try:
                await ws._stream.readable()
                n = protocol.read(ws._stream.readinto)
            finally:
                receiving = ws._receiving
                ws._receiving = False
                if receiving is not True:
                    receiving.set()
            if n == 0:
                return


def discard(protocol):
    """Drop what has arrived; True once the peer's Close was in it.

    For a connection that has sent its own Close: lenient, so that a frame that was refused can be
    passed over to find the Close behind it.
    """
    protocol._left -= protocol._arrived
    protocol._arrived = protocol._opcode = 0
    protocol._msg = None
    while True:
        n = min(protocol._left, protocol._end - protocol._start)
        protocol._start += n
        protocol._left -= n
        if protocol._left or protocol._start == protocol._end:
            return False
        try:
            size = parse_header(protocol._buf, protocol._start, protocol._end, protocol._hdr)
        except ValueError:
            protocol._left = rfc.Protocol.limit  # no frame will be recognized after this one
            continue
        if not size:
            return False
        protocol._start += size
        protocol._left = protocol._hdr[2]
        if protocol._hdr[0] & 0x0F == rfc.CLOSE:
            protocol.release()
            return True
