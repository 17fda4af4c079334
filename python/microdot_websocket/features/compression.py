"""permessage-deflate (RFC 7692), messages and the server's handshake: imported where handler and
peer want it. The client's handshake is in ``compression_answers.py``.

No window is kept from one message to the next, in either direction ("no context takeover", sections
7.1.1.1 and 7.1.1.2): a connection takes no more memory than any other while it is idle.

- RSV1 on a message's first frame says that it is compressed; anywhere else it is an error: 1002.
- The ``Protocol`` gathers a compressed message like any other. The message may not be longer than
  the limit then, but for the few bytes that DEFLATE adds where it can't compress, nor become
  longer: 1009, before more than that has been allocated.
- UTF-8 is checked when it has been inflated. What is no DEFLATE data: 1007.
"""

import sys

from microdot import Request

from .. import websocket
from ..websocket import const
from . import size

if False:  # for type checkers alone
    from collections.abc import Callable, Iterable
    from typing import Any

    from .._types import Data
    from ..websocket import WebSocket


# As in codec.py, since to import that takes 250 bytes on a board. (mypy knows no `Protocol` here.)
twin: 'Any' = sys.modules.get('microdot_websocket.core.twin')
if getattr(twin, 'Protocol', None) is getattr(websocket, 'Protocol', twin):
    from ..core import utf8
else:
    from _wscodec import utf8  # type: ignore[no-redef]

_VERSION = const(1)  # of what ``_wsdeflate`` is expected to be

# What compresses: its contract is in deflate.py.
codec: 'Any'
try:
    if sys.implementation.name == 'cpython':
        from ..cpython import deflate as codec
    else:
        try:
            import _wsdeflate as codec  # type: ignore[no-redef]

            if codec.version != _VERSION:
                raise ValueError
        except Exception:
            from . import deflate as codec
    MIN_BITS = codec.MIN_BITS
    Inflater = codec.Inflater
    decode = codec.decode
    deflate = codec.deflate
    encode = codec.encode
    inflate = codec.inflate
except ImportError:  # a firmware that has no deflate
    Inflater = deflate = None

EXTENSION = 'permessage-deflate'
OURS = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'
EMPTY = b'\x00'  # an empty message in the way that RFC 7692 has it

_TEXT = const(1)
_BINARY = const(2)
_RSV1 = const(0x40)
_BUSY = const(4)  # of Protocol.write()
_THRESHOLD = const(64)  # bytes: shorter messages go as they are, unless the option is given
_LEVEL = const(6)  # zlib's, unless the option is given
_MAX_LENGTH = const(0x3FFFFFFF)
_INVALID_PAYLOAD = const(1007)
_TOO_BIG = const(1009)


def message_limit(ws: 'WebSocket') -> int:
    """The longest message that a connection accepts, in bytes."""
    limit = ws.max_message_length
    return limit if limit > 0 else Request.max_body_length if limit else _MAX_LENGTH


# Attributes have names without an underscore, where it would be one name more to keep on a board.


class Compression:
    """Of a connection that has agreed.

    :param ws: the ``WebSocket``, of which it is an attribute; messages are written to it in place
               of the ``Protocol``.
    :param agreed: see ``accept()``, and ``confirm()`` of ``compression_answers.py``.
    :param options: a dict, or anything else for none.
    :param limit: of a message, in bytes: see ``message_limit()``.
    """

    #: The rest of a message that goes into a buffer, for the code that has asked for it; and what
    #: puts messages there. See compressed_pieces.py.
    rest: 'Any' = None
    pieces: 'Any' = None

    def __init__(self, ws: 'WebSocket', agreed: tuple, options: 'Any', limit: int) -> None:
        self.ws = ws
        self.maxsize = Request.max_body_length
        _, receive_bits, self.send_bits = agreed
        self.bits = max(receive_bits, 9)
        options = options if isinstance(options, dict) else {}
        self.level = options.get('level', _LEVEL)
        self.threshold = options.get('threshold', _THRESHOLD)
        if not deflate or self.send_bits < MIN_BITS:
            self.threshold = _MAX_LENGTH  # never
        #: Of a compressed message, in bytes: what the longest message becomes in the worst case. It
        #: is 9 bits a byte, by an end that has only the fixed codes.
        self.limit = min(limit + (limit >> 3) + 16, _MAX_LENGTH)

    def write(self, data: 'Data', opcode: 'int | None') -> 'int | None':
        """As ``Protocol.write()``. ValueError too: text that is no UTF-8."""
        protocol = self.ws.protocol
        if protocol.locked and (not opcode or opcode == _TEXT or opcode == _BINARY):
            return _BUSY  # it will be asked again: do not compress twice
        data, opcode = self.compress(data, opcode)
        return protocol.write(data, opcode)

    def compress(self, data: 'Data', opcode: 'int | None') -> 'tuple[Data, int | None]':
        """What ``Protocol.write()`` takes for a frame: compressed, if it is a message, and that
        makes it shorter. ValueError: text that is no UTF-8."""
        if not opcode or opcode == _TEXT or opcode == _BINARY:
            kind = opcode or _BINARY
            payload: Any = data
            if isinstance(data, str):
                kind = opcode or _TEXT
                payload = encode(data)  # MicroPython counts a str's characters for its length
            n = len(payload)
            if n >= self.threshold:
                if kind == _TEXT and utf8(payload, 0, n, 0):
                    raise ValueError('invalid UTF-8')
                deflated = deflate(payload, self.send_bits, self.level)
                if deflated is not None:
                    return deflated, kind | _RSV1
        return data, opcode

    def share(self, message: tuple, made: 'dict[tuple, Any]') -> tuple:
        """A message of a ``Group``, as this connection has it: made once for all of its settings,
        and kept in ``made``."""
        settings = self.send_bits, self.level, self.threshold
        if settings not in made:
            compressed = self.compress(message[0], message[1])
            made[settings] = compressed + (message[2], size(compressed[0]))
        return made[settings]

    async def send(self, data: 'Data', opcode: int) -> None:
        """Send a frame of ``share()`` behind all that waits. OSError: the connection broke.
        WebSocketError: it has ended."""
        ws = self.ws
        lock = ws.message_lock  # of a message that is being sent in fragments
        if lock:
            await lock.acquire()
        try:
            await ws.flush(True, data, opcode)
        finally:
            if lock:
                lock.release()

    async def message(self, ws: 'WebSocket', limit: int, buffer: 'Any') -> 'Any':
        """The message that a compressed one becomes: str or bytes, or its bytes in a ``buffer``.

        :param limit: as ``Protocol.read()`` takes it.

        It ends the connection if the message is too long, or not as it should be.
        """
        if limit <= 0:
            limit = self.maxsize if limit else _MAX_LENGTH
        limit = min(limit, _MAX_LENGTH)  # in C inflate() takes no more
        if buffer is not None:
            return await self.pieces(limit, buffer)
        return await attempt(ws, self.open, limit)

    async def open(self, limit: int) -> 'str | bytes':
        """The whole message. Errors: see ``attempt()``."""
        protocol = self.ws.protocol
        data = inflate(protocol.data or EMPTY, self.bits, limit)
        if protocol.event == _TEXT:
            if utf8(data, 0, len(data), 0):
                raise ValueError('invalid UTF-8')
            return decode(data)
        return data if type(data) is bytes else bytes(data)


async def attempt(ws: 'WebSocket', function: 'Callable[..., Any]', *args: 'Any') -> 'Any':
    """What the async function returns. What it raises ends the connection: ValueError, the data is
    no good; OverflowError, it is too long."""
    try:
        return await function(*args)
    except ValueError as exc:
        code = _INVALID_PAYLOAD
        reason = str(exc)
    except OverflowError:
        code = _TOO_BIG
        reason = 'message too big'
    except MemoryError:
        code = _TOO_BIG
        reason = 'out of memory'
    await ws.throw(code, reason)


def window_bits(size: int) -> int:
    """The smallest window that holds ``size`` bytes, in bits; 9 to 15."""
    bits = 9
    while bits < 15 and 1 << bits < size:
        bits += 1
    return bits


def accept(header: str, limit: int) -> 'tuple[str, int, int] | None':
    """A server's choice among the offers in a ``Sec-WebSocket-Extensions`` header.

    :param limit: of the messages to be received, in bytes.

    ``(answer, bits, bits)``: the response's header and the windows of the client, as it compresses,
    and of the server. None: there is no offer that can be accepted.
    """
    for offer in extensions(header) if Inflater else ():
        if offer:
            answer = OURS
            name = 'server_max_window_bits'
            server = offer.get(name, 15)
            if name in offer:
                answer += '; %s=%d' % (name, server)
            client = 15
            name = 'client_max_window_bits'
            if name in offer:
                client = min(window_bits(limit), offer[name] or 15)
                answer += '; %s=%d' % (name, client)
            return answer, client, server
    return None


def extensions(header: str) -> list[dict[str, int]]:
    """A dict of parameters for each extension in a list (RFC 6455, section 9.1): {} if there is one
    that is not as section 7.1 has it, or if it is another extension."""
    found = []
    for item in _split(header, ','):
        if item:
            found.append(_parameters(*_split(item, ';')))
    return found


def _parameters(name: str, *items: str) -> dict[str, int]:
    found: dict[str, int] = {EXTENSION: True}
    if name != EXTENSION:
        return {}
    for item in items:
        name, equals, value = map(str.strip, item.partition('='))
        end = name[:6]
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1].replace('\\', '')
        number = 1
        if name[6:] == '_max_window_bits' and value in '8 9 10 11 12 13 14 15'.split():
            number = int(value)
        elif name == 'client_max_window_bits' and not equals:  # any
            number = 0
        elif name[6:] != '_no_context_takeover' or equals:
            return {}
        if name in found or end not in ('server', 'client'):
            return {}
        found[name] = number
    return found


def _split(text: str, separator: str) -> 'Iterable[str]':
    """The parts, stripped, between separators that are not in quotes."""
    parts = text.split('"')
    for i in range(0, len(parts), 2):
        parts[i] = parts[i].replace(separator, '\n')  # which is in no header
    return map(str.strip, '"'.join(parts).split('\n'))
