"""Microdot's ``TestClient``: streams with nothing but ``read(n)`` and ``awrite(data)``, which takes
one whole frame at a time, and no frame is masked. There is no network that could stall."""

import asyncio
import sys

from . import Transport

if False:  # for type checkers alone
    from typing import Any

    from .._types import Buffer, Bytes


_AT_ONCE = 1 << 20  # bytes


class InProcessTransport(Transport):
    """
    :param reader: has a coroutine ``read(n)``, of bytes.
    :param writer: has a coroutine ``awrite(data)``.
    """

    masked = False
    joins = 0
    keeps = sys.implementation.name == 'cpython'  # whose str has no memory to look at

    def __init__(self, reader: 'Any', writer: 'Any') -> None:
        self._reader = reader
        self._writer = writer
        self._piece: memoryview | None = None  # what was read and not taken; empty at the end
        self._frames: list[bytes] = []  # to be written
        self._error: OSError | None = None
        self._direction = 0
        self._aborted = False

    def readinto(self, buf: 'Buffer') -> 'int | None':
        piece = self._piece
        if piece is None:
            if self._error:
                raise self._error
            return None
        n = min(len(buf), len(piece))
        if n:
            buf[:n] = piece[:n]
            self._piece = piece[n:] if n < len(piece) else None
        return n

    def write(self, buf: 'Bytes') -> int:
        if self._error:
            raise self._error
        self._frames.append(bytes(buf))
        return len(buf)

    @property
    def unsent(self) -> int:  # type: ignore[override]
        return sum([len(frame) for frame in self._frames])

    def is_sent(self) -> bool:
        if self._error:
            raise self._error
        return not self._frames

    def wait(self, direction: int) -> 'Any':
        self._direction = direction
        return self

    def __iter__(self) -> 'Any':
        waiting = self._wait(self._direction)
        return waiting.__await__() if hasattr(waiting, '__await__') else waiting

    __await__ = __iter__  # CPython

    async def _wait(self, direction: int) -> None:
        try:
            if direction:
                while self._frames and not self._aborted:
                    await self._writer.awrite(self._frames.pop(0))
            elif self._piece is None:
                self._piece = memoryview(await self._reader.read(_AT_ONCE))
            else:
                await asyncio.sleep(0)
        except OSError as exc:
            self._error = exc

    def abort(self) -> None:
        self._aborted = True
        self._frames.clear()
