"""What Microdot's TestClient needs: a stream with nothing but ``read`` and ``awrite``, and frames
as Microdot's own module has them. Imported when it is met."""

from . import protocol as rfc
from ._piece_reader import PieceReader
from .websocket import WebSocket, WebSocketError


class PlainStream(PieceReader):
    """The interface is described in ``stream.py``. One whole frame goes to each ``awrite``."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._unsent = []

    def write_frame(self, opcode, payload):
        self._unsent.append(encode_frame(opcode, payload))
        return True

    def write(self, frame):
        self._unsent.append(bytes(frame))
        return True

    async def flush(self):
        while self._unsent:
            await self._writer.awrite(self._unsent.pop(0))

    # There is no network that could stall.

    waiting = 0

    def end_reading(self):
        pass

    def abort(self):
        pass


def encode_frame(opcode, payload):
    """A whole unmasked frame, bytearray."""
    if isinstance(payload, str):
        payload = payload.encode()
    frame = bytearray(10)
    size = rfc.write_header(frame, opcode, len(payload))
    return frame[:size] + payload


def parse_frame_header(header):
    """(FIN, opcode, masked, length) of two bytes; the length is minus the bytes that hold it where
    those are to follow."""
    fin = header[0] & 0x80
    opcode = header[0] & 0x0F
    if not fin or opcode == rfc.CONT:
        raise WebSocketError('continuation frames are not supported here')
    length = header[1] & 0x7F
    return fin, opcode, header[1] & 0x80, {126: -2, 127: -8}.get(length, length)


def process_frame(ws, opcode, payload):
    """(opcode to answer with, payload), of which the first is None for a message."""
    if opcode == rfc.CLOSE:
        raise WebSocketError('connection closed', 1005)  # no status
    if opcode == rfc.PONG:
        return None, None
    if opcode == rfc.PING:
        return rfc.PONG, payload
    return None, payload.decode() if opcode == rfc.TEXT else payload


WebSocket._encode_websocket_frame = staticmethod(encode_frame)
WebSocket._parse_frame_header = staticmethod(parse_frame_header)
WebSocket._process_websocket_frame = process_frame
