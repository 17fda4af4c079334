"""permessage-deflate (RFC 7692): imported where handler and peer want it.

No window is kept from one message to the next, in either direction ("no context takeover", sections
7.1.1.1 and 7.1.1.2): a connection takes no more memory than any other while it is idle.

- RSV1 on a message's first frame says that it is compressed; anywhere else it is an error: 1002.
- The ``Protocol`` gathers a compressed message like any other. The message may not be longer than
  the limit then, but for the few bytes that DEFLATE adds where it can't compress, nor become
  longer: 1009, before more than that has been allocated.
- UTF-8 is checked when it has been inflated. What is no DEFLATE data: 1007.
"""

from microdot import Request

from ..codec import utf8
from ..websocket import const
from .compression_offers import Inflater, accept, window_bits  # noqa: F401

if Inflater:
    from .compression_offers import MIN_BITS, deflate
else:
    deflate = None

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


def message_limit(ws):
    """The longest message that a connection accepts, in bytes."""
    limit = ws.max_message_length
    return limit if limit > 0 else Request.max_body_length if limit else _MAX_LENGTH


class Compression:
    """Of a connection that has agreed.

    :param ws: the ``WebSocket``, of which it is an attribute; messages are written to it in place
               of the ``Protocol``.
    :param agreed: see ``compression_offers.accept()`` and ``confirm()``.
    :param options: a dict, or anything else for none.
    :param limit: of a message, in bytes: see ``message_limit()``.
    """

    def __init__(self, ws, agreed, options, limit):
        self._ws = ws
        self._default_limit = Request.max_body_length
        _, receive_bits, self._send_bits = agreed
        self._receive_bits = max(receive_bits, 9)
        options = options if isinstance(options, dict) else {}
        self._level = options.get('level', _LEVEL)
        self._threshold = options.get('threshold', _THRESHOLD)
        #: Of a compressed message, in bytes: what the longest message becomes in the worst case. It
        #: is 9 bits a byte, by an end that has only the fixed codes.
        self.limit = min(limit + (limit >> 3) + 16, _MAX_LENGTH)
        #: The rest of a message that goes into a buffer, for the code that has asked for it.
        self.rest = None

    def write(self, data, opcode):
        """As ``Protocol.write()``."""
        protocol = self._ws.protocol
        bits = self._send_bits
        if deflate and bits >= MIN_BITS and (not opcode or opcode == _TEXT or opcode == _BINARY):
            if protocol.locked:
                return _BUSY  # it will be asked again: do not compress twice
            if len(data) >= self._threshold:
                bits = max(min(bits, window_bits(len(data))), MIN_BITS)
                deflated = deflate(data, bits, self._level)
                if deflated is not None:
                    opcode = opcode or (_TEXT if isinstance(data, str) else _BINARY)
                    return protocol.write(deflated, opcode | _RSV1)
        return protocol.write(data, opcode)

    async def message(self, ws, limit, buffer):
        """The message that a compressed one becomes: str or bytes, or its bytes in a ``buffer``.

        :param limit: as ``Protocol.read()`` takes it.

        It ends the connection if the message is too long, or not as it should be.
        """
        if limit <= 0:
            limit = self._default_limit if limit else _MAX_LENGTH
        self.rest = None
        result = await attempt(ws, self._inflate, limit, buffer)
        if buffer is None:
            return result
        self.rest = result
        n = await result.receive(ws)
        if result.ended:
            self.rest = None
        return n

    def _inflate(self, limit, buffer):
        protocol = self._ws.protocol
        text = protocol.event == _TEXT
        data = protocol.data or b'\x00'  # an empty message in the way that RFC 7692 has it
        bits = min(self._receive_bits, window_bits(limit))  # none refers to more than itself
        inflater = Inflater(data, min(bits, window_bits(_RATIO * len(data))), bits)
        if buffer is None:
            return inflate(inflater, limit, text)
        if not (text or inflater.sure):
            piece = bytearray(_PIECE)  # before any of it is put out
            found = count(inflater, limit, piece)[1]
            if found:
                recount(inflater, limit, piece, found)
            inflater.rewind()
        return Pieces(inflater, limit, text, buffer)


async def attempt(ws, function, *args):
    """What the function returns. What it raises ends the connection: ValueError, the data is no
    good; OverflowError, it is too long."""
    try:
        return function(*args)
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

    def __init__(self, inflater, limit, text, buffer):
        self._inflater = inflater
        self._left = limit
        self._text = text
        self._view = memoryview(buffer)
        self._utf8 = 0

    def receive(self, ws):
        """Inflate until the buffer is full, or less at the message's end; to await: the bytes."""
        return attempt(ws, self._fill)

    def _fill(self):
        view = self._view
        n = self._inflater.readinto(view)
        self._left -= n
        self.ended = n < len(view)
        if self._left <= 0 and not self.ended:
            if self._inflater.readinto(bytearray(1)):
                raise OverflowError
            self.ended = True
        if self._text:
            self._utf8 = utf8(view, 0, n, self._utf8)
            if self._utf8 < 0 or (self.ended and self._utf8):
                raise ValueError('invalid UTF-8')
        return n


def count(inflater, limit, buf):
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


def recount(inflater, limit, buf, found):
    """The same again. ValueError: some 0xFF came from before the message's beginning."""
    inflater.rewind()
    if count(inflater, limit, buf)[1] != found:
        raise ValueError('bad compressed data')


def inflate(inflater, limit, text):
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
