"""Compressed messages into a buffer of the application's: where ``_pieces.py`` meets
``_compression.py``.

The compressed message is in memory as a whole: ``max_message_length`` is its limit. What it becomes
goes into the buffer, and may be of any length.
"""

from ._compression import Inflating, fill, inflate
from ._pieces import Pieces
from .codec import utf8
from .protocol import BINARY, TEXT, Protocol, ProtocolError

try:
    from micropython import const
except ImportError:  # CPython
    const = int

_RSV1 = const(0x40)
_INVALID_PAYLOAD = const(1007)
_TOO_BIG = const(1009)


class InflatingPieces(Pieces):
    """``Pieces`` in the place of an ``Inflating``: a compressed message is gathered for whoever
    asks when it is complete."""

    _inflater = None  # of the message that is being handed out
    _deflated = 0  # as in Inflating

    def next_event(self):
        if self._inflater:
            if self.owner is self.reader:
                return self._next_piece()
            self._inflater = self.owner = None
        self._limit = self.limit
        event = (Protocol if self._deflated else Pieces).next_event(self)
        if self._inflater and TEXT <= event <= BINARY:
            reader = self.reader
            if reader:
                reader.message_type = event
                self._utf8 = self._given = 0
                return self._next_piece()
            self.data = inflate(self._inflater, self._size, self.limit, event == TEXT)
            self._inflater = None
        return event

    def _next_piece(self):
        reader = self.owner = self.reader
        view = reader.view
        n = fill(self._inflater, view)
        self._given += n
        ended = n < len(view)
        if not ended and self._given >= reader.limit:
            if fill(self._inflater, bytearray(1)):
                raise ProtocolError(_TOO_BIG, 'message too big')
            ended = True
        if reader.message_type == TEXT:
            self._utf8 = utf8(view, 0, n, self._utf8)
            if self._utf8 < 0 or (ended and self._utf8):
                raise ProtocolError(_INVALID_PAYLOAD, 'invalid UTF-8')
        if ended:
            self._inflater = self.owner = None
        self.data = view[:n]
        return reader.message_type

    # Pieces sets limit to what concerns its own messages.

    def _check_header(self, first, masked, length, size):
        if not self._deflated and not first & _RSV1:
            super()._check_header(first, masked, length, size)
            return
        limit = self.limit
        self.limit = self._limit
        Inflating._check_header(self, first, masked, length, size)
        self.limit = limit

    def _begin(self, first, length):
        if not self._deflated and not first & _RSV1:
            super()._begin(first, length)
            return
        limit = self.limit
        self.limit = self._limit
        Inflating._begin(self, first, length)
        self.limit = limit

    def _finish(self):
        if not self._deflated:
            return super()._finish()
        reader = self.owner = self.reader
        event, self._inflater = Inflating._end_deflated(self, (reader or self).limit)
        return event
