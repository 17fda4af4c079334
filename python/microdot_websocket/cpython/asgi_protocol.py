"""``Protocol`` over ASGI's events, whose server has the frames: the contract of core/twin.py."""

import asyncio
import errno
from collections import deque

from ..core.frames import (
    BINARY,
    BUSY,
    CLOSE,
    CORKED,
    END,
    ERR_TOO_BIG,
    FULL,
    IDLE,
    LENGTH_MAX,
    TEXT,
    UNREAD,
    WAITS,
    WOKEN,
    YIELD,
)
from ..core.rules import error
from ..core.twin import Shared

if False:  # for type checkers alone
    from collections.abc import Awaitable, Callable, Iterator
    from typing import Any

    from .._types import Buffer


_CLOSE = 'websocket.close'
_NOT_LAST = 0x80  # added to an opcode: a fragment that others follow
_CONTROL_MAX = 125
_NO_STATUS = 1005
_ABNORMAL = 1006
_HIGH = 1 << 16  # bytes that may wait, of what has arrived, and of what is to be sent
_BURST = 32  # messages without waiting, until other tasks get their turn
_OVERHEAD = 64  # bytes that each event counts as, besides its message


class Protocol:
    """One connection of a server.

    :param receive, send: what ASGI hands to an application, of a scope ``websocket``.
    :param limit: the longest message, in bytes, where read() is not given another limit.

    A message arrives whole: there is never one in the middle of which somebody waits. What is sent
    in fragments is gathered, and sent whole. Two tasks of the connection's own receive and send the
    events: so no task of the application is cancelled while the server has it, and no event is
    lost. Messages that are sent go out in this turn of the event loop, and none is waited for as
    long as 64 KiB have room for them.
    """

    poll = False
    compressed = False
    waiting = 0  # for no message is ever in progress

    def __init__(
        self,
        receive: 'Callable[[], Awaitable[dict[str, Any]]]',
        send: 'Callable[[dict[str, Any]], Awaitable[None]]',
        limit: int,
    ) -> None:
        self._receive = receive
        self._send = send
        self._limit = limit
        self.event = self.opcode = self.code = self.count = self.time = 0
        self.data: Any = None
        #: (code, reason) of the end that the server has told of, be it read or not; else None.
        self.ended: tuple[int, str] | None = None
        self.closed = False
        # What has arrived, and of it a message that was not handed out, or its rest for a buffer.
        self._events: deque[dict[str, Any]] = deque()
        self._size = 0  # bytes
        self._message: str | bytes | None = None
        self._rest: memoryview | None = None
        self._buffer: Any = None
        # What is to be sent, and fragments of a message that is not whole, with its opcode.
        self._outgoing: deque[dict[str, Any]] = deque()
        self._unsent = 0  # bytes
        self._sent = 0  # events
        self._unread = 255  # messages sent since one was read, as in core/sending.py
        self._parts: list[Any] = []
        self._kind = 0
        self._failed = False
        # The two tasks, and the Futures that they and the application's tasks wait for.
        self._receiving: asyncio.Future | None = None
        self._sending: asyncio.Future | None = None
        self._paused: asyncio.Future | None = None
        self._reader: asyncio.Future | None = None
        self._writer: asyncio.Future | None = None
        self._burst = _BURST
        self._last = 0  # after CLOSE, an error or END: that event, for ever
        self._woken = False

    def begin(self) -> None:
        """The server has accepted the connection: receive from now on."""
        self._receiving = asyncio.ensure_future(self._receive_all())

    async def _receive_all(self) -> None:
        while self.ended is None:
            try:
                event = await self._receive()
            except Exception:
                event = {'code': _ABNORMAL}
            if event.get('type') != 'websocket.receive':
                self.ended = event.get('code') or _NO_STATUS, event.get('reason') or ''
            Shared.activity = self.time = Shared.activity + 1 & LENGTH_MAX
            self._events.append(event)
            self._size += _size(event)
            _wake(self._reader)
            if self._size > _HIGH:
                self._paused = asyncio.get_running_loop().create_future()
                await self._paused

    def read(self, limit: int, buffer: 'Any') -> 'Any':
        """The next message, or what there is instead."""
        if self._last or self._woken:
            self.event = self._last or WOKEN
            self._woken = False
            return False
        self._unread = 0
        if buffer is not self._buffer:
            self._rest = None  # it is passed over
            self._buffer = buffer
        if buffer is not None and buffer is not False:
            buffer[0:0] = b''  # TypeError: what a memoryview shows is read-only
            if not len(buffer):
                raise ValueError('buffer')
        if self._rest is not None:
            return self._put(buffer)
        if self._message is None:
            if not self._events or not self._burst:
                return self._wait()
            self._burst -= 1
            event = self._events.popleft()
            self._size -= _size(event)
            if self._size <= _HIGH:
                _wake(self._paused)
            if self.ended is not None and not self._events:
                self.code, self.data = self.ended
                return self._finish(END if self.code == _ABNORMAL else CLOSE)
            self._message = _message(event)
        return self._hand_out(limit, buffer)

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._reader = loop.create_future()
        if self._events:
            loop.call_soon(_wake, self._reader)  # behind the tasks whose turn it is
        self.event = IDLE
        self._unread = 255
        self._burst = _BURST

    def _hand_out(self, limit: int, buffer: 'Any') -> 'Any':
        message: Any = self._message
        is_text = isinstance(message, str)
        data = message if not is_text or message.isascii() else message.encode()
        if limit <= 0:
            limit = self._limit if limit else LENGTH_MAX
        if len(data) > limit:
            if buffer is False:
                self.event = FULL
                return False  # it is left to another call
            self.code, self.data = error(ERR_TOO_BIG)
            return self._finish(ERR_TOO_BIG)
        self._message = None
        self.event = self.opcode = TEXT if is_text else BINARY
        if buffer is None or buffer is False:
            return message
        self._rest = memoryview(data.encode() if isinstance(data, str) else data)
        return self._put(buffer)

    def _put(self, buffer: 'Buffer') -> int:
        """Fill the buffer, or less at the message's end; the bytes."""
        rest: Any = self._rest
        n = min(len(rest), len(buffer))
        buffer[:n] = rest[:n]
        self._rest = rest[n:] if n < len(rest) else None
        self.event = self.opcode if self._rest is None else FULL
        return n

    def _finish(self, event: int) -> bool:
        self.event = self._last = event
        self._message = self._rest = None
        return False

    def __await__(self) -> 'Iterator[Any]':
        """Behind a ``read()`` that has found nothing: wait once."""
        return self._reader.__await__()

    def schedule(self) -> None:
        """Let the task that waits to read run next: its read() gives WOKEN."""
        if _wake(self._reader):
            self._woken = True

    def write(self, data: 'Any', opcode: 'int | None') -> 'int | None':
        """Send a message, a fragment or a Close. NotImplementedError: a ping or a pong."""
        if not isinstance(data, str):
            data = bytes(memoryview(data))
        if opcode is None:
            opcode = TEXT if isinstance(data, str) else BINARY
        kind = opcode & ~_NOT_LAST
        if kind > CLOSE:
            raise NotImplementedError('under ASGI it is the server that sends pings and pongs')
        if kind > BINARY and opcode != CLOSE:
            raise ValueError('opcode')
        if kind == CLOSE:
            event = _close_event(data)
        else:
            data = _converted(data, kind or self._kind)
        if self.flush() and self._unsent > _HIGH:
            return BUSY
        if kind == CLOSE:
            if self.ended:
                return None  # the server has answered the peer's
        else:
            self._kind = kind or self._kind
            self._parts.append(data)
            if opcode & _NOT_LAST:
                return None
            name = 'text' if self._kind == TEXT else 'bytes'
            event = {'type': 'websocket.send', name: data[:0].join(self._parts)}
            self._parts = []
        return self._append(event)

    def _append(self, event: 'dict[str, Any]') -> 'int | None':
        waits = len(self._outgoing)
        self._outgoing.append(event)
        self._unsent += _size(event)
        if not waits:
            self._sending = asyncio.ensure_future(self._send_all())
        if self._unsent > _HIGH or event['type'] == _CLOSE:
            return WAITS
        if waits == 1:
            return CORKED
        if not self._burst:
            self._burst = _BURST
            return YIELD
        self._burst -= 1
        if self._unread < 2:
            self._unread += 1
            if self._unread == 2:
                return UNREAD
        return None

    async def _send_all(self) -> None:
        try:
            while self._outgoing:
                event = self._outgoing[0]
                await self._send(event)
                self._outgoing.popleft()
                self._unsent -= _size(event)
                self._sent += 1
        except Exception:
            await asyncio.sleep(0)  # so that what the server says of the end is known
            self._failed = True
            self._outgoing.clear()
        _wake(self._writer)

    def flush(self) -> bool:
        """Whether something waits to be sent. OSError: it cannot be, or abort() was called."""
        if self.closed or self._failed:
            raise OSError(errno.ECONNABORTED, 'connection lost')
        return bool(self._outgoing)

    def wait(self) -> 'Awaitable[Any]':
        """Behind a ``flush()`` that was True: what to await until all is sent."""
        self._writer = asyncio.get_running_loop().create_future()
        return self._writer

    @property
    def start(self) -> int:
        """Negative as long as the rest of a message is to go into a buffer, else 0."""
        return 0 if self._rest is None else -1

    @property
    def locked(self) -> int:
        """0 if nothing waits to be sent, else a number that changes when something was."""
        return 1 + self._sent if self._outgoing else 0

    def register(self) -> None:
        """A task was cancelled while it waited: nothing depends on it."""
        self._woken = False

    def abort(self) -> None:
        """All tasks that wait run next, and nothing is received or sent any more, but for a Close
        and what is before it."""
        self.closed = True
        self._last = self._last or END
        self._message = self._rest = self._buffer = None
        self._parts = []
        self._events.clear()
        if self._receiving:
            self._receiving.cancel()
        if self._outgoing and self._outgoing[-1]['type'] != _CLOSE:
            self._outgoing.clear()
            self._sending.cancel()
        _wake(self._reader)
        _wake(self._writer)


def _wake(future: 'asyncio.Future | None') -> bool:
    """Let the task that waits for it run next; whether there is one."""
    if future is None or future.done():
        return False
    future.set_result(None)
    return True


def _message(event: 'dict[str, Any]') -> 'str | bytes':
    """That of an event, whose other key may be missing, or None."""
    text = event.get('text')
    return event.get('bytes') or b'' if text is None else text


def _size(event: 'dict[str, Any]') -> int:
    return len(_message(event)) + _OVERHEAD


def _converted(data: 'str | bytes', kind: int) -> 'str | bytes':
    """As TEXT or BINARY have it. ValueError: it is no UTF-8."""
    if kind != TEXT:
        return data.encode() if isinstance(data, str) else data
    if isinstance(data, bytes):
        return str(data, 'utf-8')
    if not data.isascii():
        data.encode()
    return data


def _close_event(data: 'str | bytes') -> 'dict[str, Any]':
    """That of a Close's payload (RFC 6455, section 5.5.1). ValueError: it is none."""
    payload: Any = _converted(data, BINARY)
    event: dict[str, Any] = {'type': _CLOSE}
    if payload:
        if not 2 <= len(payload) <= _CONTROL_MAX:
            raise ValueError('a Close has a code, and 125 bytes at most')
        event['code'] = int.from_bytes(payload[:2], 'big')
        event['reason'] = str(payload[2:], 'utf-8')
    return event
