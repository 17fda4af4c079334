"""Reading where there is no ``readinto()``, but a ``read()`` that hands out bytes: of CPython's
asyncio, and of Microdot's TestClient."""

import asyncio

_PIECE = 1 << 20  # bytes: more than asyncio's StreamReader keeps


class PieceReader:
    """The reading half of a stream, as ``stream.py`` describes it, over ``self._reader``."""

    _piece = None  # a memoryview of what has been read and not been taken; empty at the end
    _yields = False  # to the other tasks, for their turn

    async def readable(self):
        if self._piece is None:
            # It had to wait, or the last time: for that took all that there was.
            self._piece = memoryview(await self._reader.read(_PIECE))
        elif self._yields:
            self._yields = False  # it was cancelled: go on, or this might never end
        else:
            self._yields = True
            await asyncio.sleep(0)
            self._yields = False

    def readinto(self, buf):
        piece = self._piece
        if piece is None:
            return None
        n = min(len(buf), len(piece))
        buf[:n] = piece[:n]
        if n:
            self._piece = piece[n:] or None
        return n
