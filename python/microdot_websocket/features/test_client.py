"""Names that Microdot's ``TestClient`` uses, and subclasses of its ``WebSocket`` may: frames as its
own module has them. Imported when a TestClient connects, and on CPython."""

from ..core.frames import CLOSE, CONT, PING, PONG, TEXT, encode_frame
from ..websocket import WebSocket, WebSocketError

if False:  # for type checkers alone
    from typing import Any


def parse_frame_header(header: bytes) -> tuple[int, int, int, int]:
    """(FIN, opcode, masked, length) of two bytes; the length is minus the bytes that hold it where
    those are to follow."""
    fin = header[0] & 0x80
    opcode = header[0] & 0x0F
    if not fin or opcode == CONT:
        raise WebSocketError('continuation frames are not supported here')
    length = header[1] & 0x7F
    return fin, opcode, header[1] & 0x80, {126: -2, 127: -8}.get(length, length)


def process_frame(ws: WebSocket, opcode: int, payload: bytes) -> 'tuple[int | None, Any]':
    """(opcode to answer with, payload), of which the first is None for a message."""
    if opcode == CLOSE:
        raise WebSocketError('connection closed', 1005)  # no status
    if opcode == PONG:
        return None, None
    if opcode == PING:
        return PONG, payload
    return None, payload.decode() if opcode == TEXT else payload


WebSocket._encode_websocket_frame = staticmethod(encode_frame)  # type: ignore[attr-defined]
WebSocket._parse_frame_header = staticmethod(parse_frame_header)  # type: ignore[attr-defined]
WebSocket._process_websocket_frame = process_frame  # type: ignore[attr-defined]
