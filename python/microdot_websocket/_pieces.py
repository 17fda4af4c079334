"""Messages into a buffer of the application's: ``ws.receive_into()`` and ``ws.stream()``.

So a message may be longer than the heap. ``Pieces`` takes the place of a connection's ``Protocol``
when either is first used.
"""

from . import protocol as rfc

_WASTE = 512  # bytes at a time, of a message that nobody wants


class Pieces(rfc.Protocol):
    """A ``Protocol`` that puts the next message into the buffer of a ``_Reader``, if one asks.

    After TEXT or BINARY, ``data`` is then a piece of the message, a memoryview: all of the buffer,
    or less at the message's end, after which ``owner`` is None. A message that is left in the
    middle is passed over when somebody else asks.
    """

    #: The ``_Reader`` that asks, or None; set around ``next_event()``.
    reader = None
    #: The one that the message in progress goes to.
    owner = None

    def __init__(self, protocol):
        for name, value in protocol.__dict__.items():
            setattr(self, name, value)

    def next_event(self):
        reader = self.reader
        if self.owner:
            if self.owner is not reader and not self.owner.passes_over:
                self._pass_over()
        elif not reader:
            return super().next_event()
        elif self._opcode:
            raise RuntimeError('receive() has begun to read this message')
        limit = self.limit
        while True:
            self.limit = -1  # no message goes past _begin()
            event = super().next_event()
            self.limit = limit
            owner = self.owner
            if event > rfc.BINARY:
                return event
            if event > 0:
                self.owner = None
                if owner is reader:
                    self.data = owner.view[: self._size]
                    return event
                if not reader:
                    return super().next_event()
            elif event and owner and self._left and self._size == len(owner.view):
                self._size = 0
                if owner is reader:
                    self.data = owner.view
                    return self._opcode
            else:
                return event

    def _pass_over(self):
        self.owner = _Reader(bytearray(_WASTE))
        self.owner.passes_over = True
        self._msg = self.owner.view
        self._size = 0

    def _check_header(self, first, masked, length, size):
        limit = self.limit
        reader = self.owner or self.reader
        if reader:
            self.limit = reader.limit
        super()._check_header(first, masked, length, size)
        self.limit = limit

    def _begin(self, first, length):
        if first & 0x0F:
            self.owner = self.reader
        if not self.owner:
            super()._begin(first, length)
            return
        super()._begin(first, 0)
        self._msg = self.owner.view
        self.owner.message_type = self._opcode

    def _grow(self, size, is_last):
        if not self.owner:
            super()._grow(size, is_last)

    def _finish(self):
        if not self.owner:
            return super()._finish()
        size = self._size
        self._msg = bytearray(1)  # what it makes of the message
        self._size = 0
        opcode = super()._finish()
        self._size = size
        return opcode


class _Reader:
    """Who a message goes to."""

    limit = rfc.Protocol.limit  # of the message, in bytes
    message_type = None
    passes_over = False

    def __init__(self, buffer):
        self.buffer = buffer
        self.view = memoryview(buffer)
        self.view[0:0] = b''  # TypeError if it is read-only
        if not buffer:
            raise ValueError('the buffer is empty')


class _Stream(_Reader):
    def __init__(self, ws, buffer):
        super().__init__(buffer)
        self._ws = ws
        self._ended = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self._ended:
            piece = await _receive(self._ws, self)
            self._ended = not self._ws._protocol.owner
            if piece:
                return piece
        raise StopAsyncIteration


async def _receive(ws, reader):
    """A piece, as receive() returns it."""
    if ws.closed:
        raise ws._end_error()
    if ws._receiving:
        raise RuntimeError('another task is receiving')
    protocol = ws._protocol
    if not isinstance(protocol, Pieces):
        pieces = getattr(protocol, 'pieces', None)  # if it has its own: see _compression.py
        protocol = ws._protocol = pieces() if pieces else Pieces(protocol)
    protocol.reader = reader
    try:
        piece = await ws.receive()
    finally:
        protocol.reader = None
    ws.message_type = reader.message_type
    return piece


async def receive_into(self, buffer):
    """Receive the next message into a buffer; its length in bytes.

    :param buffer: a bytearray, or a writable memoryview of bytes.

    ``ws.message_type`` tells whether it is TEXT, which is UTF-8, or BINARY. Nothing is allocated
    for the message; ``max_message_length`` does not count. One that is longer than the buffer is
    refused with close code 1009. It may be cancelled, and loses nothing if it is called with the
    same buffer again. WebSocketError: the connection has ended. RuntimeError: another task is
    receiving, or ``receive()`` has begun to read this message. TypeError: a read-only buffer.
    ValueError: an empty one.
    """
    owner = getattr(self._protocol, 'owner', None)
    if owner and owner.buffer is buffer and owner.limit == len(buffer):
        reader = owner  # it was cancelled
    else:
        reader = _Reader(buffer)
        reader.limit = len(buffer)
    return len(await _receive(self, reader))


def stream(self, buffer):
    """``async for piece in ws.stream(buffer)``: the next message, piece by piece as it arrives.

    :param buffer: a bytearray, or a writable memoryview of bytes: where each piece is put.

    A piece is a memoryview of the buffer, valid until the next one: of all of it, or less at the
    message's end. Of an empty message there is none. ``ws.message_type`` tells whether it is TEXT,
    which is UTF-8, whose characters may lie across two pieces, or BINARY. A message may be of any
    length; ``max_message_length`` does not count. If the loop is left early, the rest of the
    message is passed over. Errors: as of ``receive_into()``.
    """
    return _Stream(self, buffer)
