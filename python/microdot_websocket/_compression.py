"""permessage-deflate (RFC 7692): imported where handler and peer want it.

No window is kept from one message to the next, in either direction ("no context takeover", sections
7.1.1.1 and 7.1.1.2): a connection takes no more memory than any other while it is idle.

- RSV1 on a message's first frame says that it is compressed; anywhere else it is an error: 1002.
- A compressed message is gathered like any other. It may not be longer than ``limit`` then, but for
  the few bytes that DEFLATE adds where it can't compress, nor become longer: 1009, before more than
  that has been allocated.
- UTF-8 is checked when it has been inflated. What is no DEFLATE data: 1007.
"""

import sys

from .codec import freeze, utf8
from .protocol import BINARY, TEXT, Protocol, ProtocolError

try:
    if sys.implementation.name == 'cpython':
        from .cpython.deflate import MIN_BITS, ROOM, Inflater, deflate
    else:
        from ._deflate import MIN_BITS, ROOM, Inflater, deflate
except ImportError:  # a firmware that has no deflate
    Inflater = None

try:
    from micropython import const
except ImportError:  # CPython
    const = int

EXTENSION = 'permessage-deflate'
_OURS = EXTENSION + '; server_no_context_takeover; client_no_context_takeover'
_BITS = '8', '9', '10', '11', '12', '13', '14', '15'

_RSV1 = const(0x40)
_THRESHOLD = const(64)  # bytes: shorter messages go as they are, unless the option is given
_LEVEL = const(6)  # zlib's, unless the option is given
_RATIO = const(4)  # by which most messages become longer, if not less, when they are inflated
_PIECE = const(512)  # bytes that are inflated at once, at least
_INVALID_PAYLOAD = const(1007)
_TOO_BIG = const(1009)


def window_bits(size):
    """The smallest window that holds ``size`` bytes, in bits; 9 to 15."""
    bits = 9
    while bits < 15 and 1 << bits < size:
        bits += 1
    return bits


# The handshake, section 7.1


def accept(header, limit):
    """A server's choice among the offers in a ``Sec-WebSocket-Extensions`` header.

    :param limit: of the messages to be received, in bytes.

    ``(answer, bits, bits)``: the response's header and the windows of the client, as it compresses,
    and of the server. None: there is no offer that can be accepted.
    """
    for offer in _extensions(header) if Inflater else ():
        if offer:
            answer = _OURS
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


def offer(limit):
    """What a client offers, for messages of up to ``limit`` bytes; empty if it can't inflate."""
    if not Inflater:
        return ''
    any_window = _OURS + '; client_max_window_bits'
    bits = window_bits(limit)
    # Not all servers can choose their window.
    small = '%s; server_max_window_bits=%d, ' % (any_window, bits) if bits < 15 else ''
    return small + any_window


def confirm(header):
    """What a client has to make of the header in the response to its offer.

    ``(header, bits, bits)``: the windows of the server, as it compresses, and of the client. None:
    no compression. ValueError: an answer to something else, with which it must end the connection.
    """
    answers = _extensions(header)
    if not answers and not header.strip():
        return None
    answer = answers[0] if len(answers) == 1 else None
    if (
        not answer
        or 'server_no_context_takeover' not in answer
        or not answer.get('client_max_window_bits', 15)
    ):
        raise ValueError('extensions that were not offered: ' + header)
    return (
        header,
        answer.get('server_max_window_bits', 15),
        answer.get('client_max_window_bits', 15),
    )


def _extensions(header):
    """A dict of parameters for each extension in a list (RFC 6455, section 9.1): {} if there is one
    that is not as section 7.1 has it, or if it is another extension."""
    return [_parameters(*_split(item, ';')) for item in _split(header, ',') if item]


def _parameters(name, *items):
    found = {EXTENSION: True}
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
            if value in _BITS:
                found[name] = int(value)
            elif name[0] == 'c' and not equals:
                found[name] = 0
            else:
                return {}
        else:
            return {}
    return found


def _split(text, separator):
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


# The messages, section 7.2


def wrap(agreed, options, protocol, stream):
    """The protocol and the stream of a connection that has agreed: see ``accept()``.

    :param options: a dict, or anything else for none.
    """
    _, receive_bits, send_bits = agreed
    protocol = Inflating(protocol, max(receive_bits, 9))
    if deflate and send_bits >= MIN_BITS:
        stream = Deflating(stream, send_bits, options if isinstance(options, dict) else {})
    return protocol, stream


class Deflating:
    """A stream, as ``stream.py`` describes it, that compresses messages on their way to another."""

    def __init__(self, stream, bits, options):
        self._stream = stream
        self._bits = bits
        self._level = options.get('level', _LEVEL)
        self._threshold = options.get('threshold', _THRESHOLD)
        self.readable = stream.readable
        self.readinto = stream.readinto

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write_frame(self, opcode, payload):
        # Not if it is going to be asked again, since an earlier frame waits.
        fits = opcode == TEXT or opcode == BINARY
        if fits and len(payload) >= self._threshold and not self._stream._unsent:
            bits = max(min(self._bits, window_bits(len(payload))), MIN_BITS)
            data = deflate(payload, bits, self._level)
            if data is not None:
                opcode |= _RSV1
                payload = data
        return self._stream.write_frame(opcode, payload)


class Inflating(Protocol):
    """A ``Protocol`` that takes compressed messages too, in the place of another one."""

    _deflated = 0  # the opcode of the message in progress, if it is compressed

    def __init__(self, protocol, bits):
        for name, value in protocol.__dict__.items():
            setattr(self, name, value)
        self._bits = bits  # of the peer's window

    def pieces(self):
        """What takes its place when ``receive_into()`` or ``stream()`` is used."""
        from ._compressed_pieces import InflatingPieces

        return InflatingPieces(self)

    # Without super(): they serve that class too.

    def _check_header(self, first, masked, length, size):
        limit = self.limit
        if first & 0x70 == _RSV1 and 0 < first & 0x0F <= BINARY:
            first ^= _RSV1
            self.limit = _longest(limit)
        elif self._deflated:
            self.limit = _longest(limit)
        Protocol._check_header(self, first, masked, length, size)
        self.limit = limit

    def _begin(self, first, length):
        if first & _RSV1:
            self._deflated = first & 0x0F
        if not self._deflated:
            Protocol._begin(self, first, length)
            return
        limit = self.limit
        self.limit = _longest(limit) + ROOM
        Protocol._begin(self, first, length + ROOM)
        self.limit = limit
        self._opcode = BINARY  # this is no UTF-8

    def _end_deflated(self, limit):
        """Of the message, which may become ``limit`` bytes: its opcode, and its ``Inflater``."""
        opcode = self._deflated
        self._deflated = 0
        bits = min(self._bits, window_bits(limit))  # no message refers to more than itself
        few = min(bits, window_bits(_RATIO * self._size))
        msg = self._msg
        self._msg = None
        self._opcode = 0
        return opcode, Inflater(msg, self._size, few, bits)

    def _finish(self):
        if not self._deflated:
            return Protocol._finish(self)
        opcode, inflater = self._end_deflated(self.limit)
        self.data = inflate(inflater, self._size, self.limit, opcode == TEXT)
        return opcode


def _longest(limit):
    """What a message of ``limit`` bytes is compressed to, in the worst case: to 9 bits a byte, by
    who has only the fixed codes."""
    return limit + (limit >> 3) + 16


def fill(inflater, buf):
    """``inflater.readinto(buf)``. ProtocolError: corrupt data."""
    try:
        return inflater.readinto(buf)
    except ValueError as exc:
        raise ProtocolError(_INVALID_PAYLOAD, str(exc))


def inflate(inflater, size, limit, text):
    """A message of ``size`` compressed bytes, as str or bytes. ProtocolError: it is longer than
    ``limit``, corrupt, or no UTF-8."""
    buf = bytearray(min(max(2 * size, _PIECE), limit) + 1)
    n = piece = fill(inflater, buf)
    while piece == len(buf) and n <= limit:  # It is longer, and nobody knows how long: count.
        piece = fill(inflater, buf)
        n += piece
    if n > limit:
        raise ProtocolError(_TOO_BIG, 'message too big')
    if n >= len(buf):
        inflater.rewind()
        buf = None  # it may be collected
        buf = bytearray(n + 1)
        inflater.readinto(buf)
    elif n < len(buf) >> 1:
        buf = buf[: n + 1]
    if text and utf8(buf, 0, n, 0):
        raise ProtocolError(_INVALID_PAYLOAD, 'invalid UTF-8')
    return freeze(buf, n, text)
