"""What goes over a connection, frame by frame, and its states: ``trace()``."""

from .websocket import const

if False:  # for type checkers alone
    from collections.abc import Callable
    from typing import Any

    from .websocket import WebSocket


# Of core/frames.py
_TEXT = const(1)
_BINARY = const(2)
_CLOSE = const(8)
_END = const(-4)
_ERR_RSV = const(-10)
_BUSY = const(4)

_NORMAL = const(1000)
_NOT_LAST = const(0x80)  # added to an opcode
_RSV1 = const(0x40)
_SHOWN = const(40)  # characters or bytes of a payload

_OPCODES = {0: 'CONT', 1: 'TEXT', 2: 'BINARY', 8: 'CLOSE', 9: 'PING', 10: 'PONG'}
_STATES = 'CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'


def trace(ws: 'WebSocket', write: 'Callable[[str], Any]' = print) -> None:
    """Write a line for each frame that a connection sends or receives from now on, and for each
    change of its state::

        from microdot_websocket.trace import trace


        @app.route('/echo')
        @with_websocket
        async def echo(request, ws):
            trace(ws)
            ...

    :param write: a function that takes the line, str.

    A line begins with ``ws.id``, so that several connections can be told apart::

        1 < TEXT 5: 'hello'
        1 > TEXT 5: 'hello'
        1 < CLOSE 1001 ''
        1 > CLOSE 1001
        1 CLOSED 1001 ''

    Of a payload there is its length, in characters of str and else bytes, and how it begins.
    Fragments that arrive are shown as the message that they make. Only connections that are traced
    are slower. To be called by the task that receives, before it does.
    """
    protocol = ws.protocol
    if not protocol or ws.closed or isinstance(protocol, _Traced):
        return
    traced: Any = _Traced(ws, protocol, write)
    ws.protocol = traced
    if ws.reader is protocol:
        ws.reader = traced
    if ws.writer is protocol:
        ws.writer = traced


class _Traced:
    """In the place of a connection's ``Protocol``, and of its ``update()``."""

    def __init__(self, ws: 'WebSocket', protocol: 'Any', write: 'Callable[[str], Any]') -> None:
        self._ws = ws
        self._protocol = protocol
        self._write = write
        self._update = ws.update
        self._ended = False  # read() has come to an end, and finds it again each time
        ws.update = self.update  # type: ignore[method-assign]

    def __getattr__(self, name: str) -> object:
        return getattr(self._protocol, name)

    @property
    def poll(self) -> bool:
        return self._protocol.poll

    @poll.setter
    def poll(self, value: bool) -> None:
        self._protocol.poll = value

    def __iter__(self) -> 'Any':
        return iter(self._protocol)

    def __await__(self) -> 'Any':  # CPython
        return self._protocol.__await__()

    def _line(self, *words: object) -> None:
        self._write(' '.join([str(word) for word in (self._ws.id,) + words]))

    def _frame(self, direction: str, opcode: int, data: 'Any', notes: str = '') -> None:
        name = _OPCODES.get(opcode, opcode)
        text = isinstance(data, str)
        if opcode == _CLOSE:
            data = data.encode() if text else bytes(data)
            code = int.from_bytes(data[:2], 'big') if data else ''
            self._line(direction, name, code, data[2:] or '')
        else:
            begin = data[:_SHOWN] if text else bytes(data[:_SHOWN])
            self._line(direction, name, '%d%s: %r' % (len(data), notes, begin))

    def read(self, limit: int, buffer: 'Any') -> 'Any':
        message = self._protocol.read(limit, buffer)
        if message is False:
            self._event()
        elif isinstance(message, int):
            self._line('<', _OPCODES.get(self._protocol.event, 'a piece'), message, 'in a buffer')
        elif message is not None:
            self._frame('<', _TEXT if isinstance(message, str) else _BINARY, message)
        return message

    def _event(self) -> None:
        protocol = self._protocol
        event = protocol.event
        if self._ended:
            return
        self._ended = event == _CLOSE or event == _END or event <= _ERR_RSV
        if event > _CLOSE:
            self._frame('<', event, protocol.data)
        elif event == _CLOSE:
            self._line('<', 'CLOSE', protocol.code, repr(protocol.data))
        elif event > 0:
            self._line('<', _OPCODES[event], 'compressed')  # its data is handed out once
        elif event == _END:
            self._line('<', 'the end')
        elif self._ended:
            self._line('<', 'an error:', protocol.code, repr(protocol.data))

    def write(self, data: 'Any', opcode: 'int | None') -> 'int | None':
        state = self._protocol.write(data, opcode)
        if state != _BUSY:  # else it is written again
            flags = opcode or 0
            kind = (_TEXT if isinstance(data, str) else _BINARY) if opcode is None else flags & 15
            notes = ' compressed' if flags & _RSV1 else ''
            if flags & _NOT_LAST:
                notes += ' not the last'
            self._frame('>', kind, data, notes)
        return state

    def drain(self) -> 'bool | None':
        done = self._protocol.drain()
        if done:
            self._line('<', 'CLOSE or the end')
        return done

    def update(self, state: int, code: int = _NORMAL, reason: str = '') -> None:
        ws = self._ws
        before = ws.state
        self._update(state, code, reason)
        if ws.state != before:
            self._line(_STATES[ws.state], ws.close_code, repr(ws.close_reason))
