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

import asyncio
import sys

from microdot import Request

from ..codec import utf8
from ..websocket import const

if False:  # for type checkers alone
    from collections.abc import Awaitable, Callable
    from typing import Any

    from .._types import Data
    from ..websocket import WebSocket


try:
    if sys.implementation.name == 'cpython':
        from ..cpython.deflate import MIN_BITS, Inflater, deflate
    else:
        from .deflate import MIN_BITS, Inflater, deflate  # type: ignore[assignment]
except ImportError:  # a firmware that has no deflate
    Inflater = deflate = None  # type: ignore[misc]

EXTENSION = 'permessage-deflate'
OURS = EXTENSION + '; server_no_context_takeover; client_no_context_takeover'

_TEXT = const(1)
_BINARY = const(2)
_RSV1 = const(0x40)
_BUSY = const(4)  # of Protocol.write()
_THRESHOLD = const(64)  # bytes: shorter messages go as they are, unless the option is given
_LEVEL = const(6)  # zlib's, unless the option is given
_RATIO = const(4)  # by which most messages become longer, if not less, when they are inflated
_PIECE = const(512)  # bytes that are inflated at once, at least
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

    def __init__(self, ws: 'WebSocket', agreed: tuple, options: 'Any', limit: int) -> None:
        self.ws = ws
        self.maxsize = Request.max_body_length
        _, receive_bits, self.send_bits = agreed
        self.bits = max(receive_bits, 9)
        options = options if isinstance(options, dict) else {}
        self.level = options.get('level', _LEVEL)
        self.threshold = options.get('threshold', _THRESHOLD)
        #: Of a compressed message, in bytes: what the longest message becomes in the worst case. It
        #: is 9 bits a byte, by an end that has only the fixed codes.
        self.limit = min(limit + (limit >> 3) + 16, _MAX_LENGTH)
        #: The rest of a message that goes into a buffer, for the code that has asked for it.
        self.rest: Pieces | None = None

    def write(self, data: 'Data', opcode: 'int | None') -> 'int | None':
        """As ``Protocol.write()``. ValueError too: text that is no UTF-8."""
        protocol = self.ws.protocol
        bits = self.send_bits
        if deflate and bits >= MIN_BITS and (not opcode or opcode == _TEXT or opcode == _BINARY):
            if protocol.locked:
                return _BUSY  # it will be asked again: do not compress twice
            if len(data) >= self.threshold:
                opcode = opcode or (_TEXT if isinstance(data, str) else _BINARY)
                if isinstance(data, str):
                    data = data.encode()
                if opcode == _TEXT and utf8(data, 0, len(data), 0):
                    raise ValueError('invalid UTF-8')
                bits = max(min(bits, window_bits(len(data))), MIN_BITS)
                deflated = deflate(data, bits, self.level)
                if deflated is not None:
                    return protocol.write(deflated, opcode | _RSV1)
        return protocol.write(data, opcode)

    async def message(self, ws: 'WebSocket', limit: int, buffer: 'Any') -> 'Any':
        """The message that a compressed one becomes: str or bytes, or its bytes in a ``buffer``.

        :param limit: as ``Protocol.read()`` takes it.

        It ends the connection if the message is too long, or not as it should be.
        """
        if limit <= 0:
            limit = self.maxsize if limit else _MAX_LENGTH
        self.rest = None
        result = await attempt(ws, self.open, limit, buffer)
        if buffer is None:
            return result
        self.rest = result
        n = await result.receive(ws)
        if result.ended:
            self.rest = None
        return n

    async def open(self, limit: int, buffer: 'Any') -> 'Any':
        """The message, or its ``Pieces`` if there is a buffer for them."""
        protocol = self.ws.protocol
        text = protocol.event == _TEXT
        data = protocol.data or b'\x00'  # an empty message in the way that RFC 7692 has it
        bits = min(self.bits, window_bits(limit))  # none refers to more than itself
        inflater = Inflater(data, min(bits, window_bits(_RATIO * len(data))), bits)
        if buffer is None:
            return inflate(inflater, limit, text)
        if not (text or inflater.sure):
            await verify(inflater, limit)  # before any of it is put out
        return Pieces(inflater, limit, text, buffer)


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


class Pieces:
    """A message that is inflated into a buffer, piece by piece."""

    ended = False

    def __init__(self, inflater: 'Any', limit: int, text: bool, buffer: 'Any') -> None:
        self.inflater = inflater
        self.left = limit
        self.text = text
        self.buf = memoryview(buffer)
        self.utf8 = 0

    def receive(self, ws: 'WebSocket') -> 'Awaitable[int]':
        """Inflate until the buffer is full, or less at the message's end; to await: the bytes."""
        return attempt(ws, self.read)

    async def read(self) -> int:
        view = self.buf
        n = self.inflater.readinto(view)
        self.left -= n
        self.ended = n < len(view)
        if self.left <= 0 and not self.ended:
            if self.inflater.readinto(bytearray(1)):
                raise OverflowError
            self.ended = True
        if self.text:
            self.utf8 = utf8(view, 0, n, self.utf8)
            if self.utf8 < 0 or (self.ended and self.utf8):
                raise ValueError('invalid UTF-8')
        return n


def count(inflater: 'Any', limit: int, buf: bytearray) -> tuple[int, int]:
    """How long a whole message becomes, in bytes, and how many of them are 0xFF. ValueError: it is
    corrupt. OverflowError: it is longer than ``limit``."""
    n = found = 0
    piece = len(buf)
    while piece == len(buf) and n <= limit:
        piece = inflater.readinto(buf)
        n += piece
        found += buf.count(b'\xff', 0, piece)
    if n > limit:
        raise OverflowError
    return n, found


def recount(inflater: 'Any', limit: int, buf: bytearray, found: int) -> None:
    """The same again. ValueError: some 0xFF came from before the message's beginning."""
    inflater.rewind()
    if count(inflater, limit, buf)[1] != found:
        raise ValueError('bad compressed data')


async def verify(inflater: 'Any', limit: int) -> None:
    """Inflate it once, and once more if there is a need. Errors: as of ``count()``."""
    buf = bytearray(_PIECE)
    before = 0
    while True:
        n = found = 0
        piece = len(buf)
        while piece == len(buf):
            piece = inflater.readinto(buf)
            n += piece
            found += buf.count(b'\xff', 0, piece)
            if n > limit:
                raise OverflowError
            if limit == _MAX_LENGTH:
                await asyncio.sleep(0)  # of stream(): it may take long
        inflater.rewind()
        if found == before:
            return
        if before:
            raise ValueError('bad compressed data')
        before = found


def inflate(inflater: 'Any', limit: int, text: bool) -> 'str | bytes':
    """A whole message, str or bytes. Errors: as of ``count()``; ValueError: it is no UTF-8."""
    buf = bytearray(min(max(2 * inflater.size, _PIECE), limit) + 1)
    n, found = count(inflater, limit, buf)
    if n >= len(buf):
        buf = None  # it may be collected
        buf = bytearray(n + 1)
        recount(inflater, limit, buf, found)
    elif found and not inflater.sure:
        recount(inflater, limit, buf, found)
    if text and utf8(buf, 0, n, 0):
        raise ValueError('invalid UTF-8')
    view = memoryview(buf)[:n]
    return str(view, 'utf-8') if text else bytes(view)


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
            client = window_bits(limit)
            server = offer.get('server_max_window_bits')
            if server:
                answer += '; server_max_window_bits=%d' % server
            if 'client_max_window_bits' in offer:
                client = min(client, offer['client_max_window_bits'] or 15)
                answer += '; client_max_window_bits=%d' % client
            else:
                client = 15
            return answer, client, server or 15
    return None


def extensions(header: str) -> list[dict[str, int]]:
    """A dict of parameters for each extension in a list (RFC 6455, section 9.1): {} if there is one
    that is not as section 7.1 has it, or if it is another extension."""
    return [_parameters(*_split(item, ';')) for item in _split(header, ',') if item]


def _parameters(name: str, *items: str) -> dict[str, int]:
    found: dict[str, int] = {EXTENSION: True}
    if name != EXTENSION:
        return {}
    for item in items:
        name, equals, value = [part.strip() for part in item.partition('=')]
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1].replace('\\', '')
        if name in found:
            return {}
        if name in ('server_no_context_takeover', 'client_no_context_takeover'):
            if equals:
                return {}
            found[name] = True
        elif name in ('server_max_window_bits', 'client_max_window_bits'):
            if value in '8 9 10 11 12 13 14 15'.split():
                found[name] = int(value)
            elif name[0] == 'c' and not equals:
                found[name] = 0
            else:
                return {}
        else:
            return {}
    return found


def _split(text: str, separator: str) -> list[str]:
    """The parts, stripped, between separators that are not in quotes."""
    parts = ['']
    quoted = False
    for c in text:
        if c == '"':
            quoted = not quoted
        if c == separator and not quoted:
            parts.append('')
        else:
            parts[-1] += c
    return [part.strip() for part in parts]
