"""Answers each frame as it answered the first, by its length alone: so fast are the client and the
system at most.  raw_echo.py PORT"""

import base64
import hashlib
import re
import socket
import sys

GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'  # RFC 6455, section 1.3
ANSWER = b"""HTTP/1.1 101 Switching Protocols\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Accept: %s\r
\r
"""


def receive_frame(connection, buf):
    """The first frame, whole, and the length of its head; nothing is behind it."""
    n = 0
    while n < 6:
        n += connection.recv_into(buf[n:])
    head = {126: 4, 127: 10}.get(buf[1] & 127, 2)
    length = int.from_bytes(buf[2:head], 'big') if head > 2 else buf[1] & 127
    while n < head + 4 + length:
        n += connection.recv_into(buf[n:])
    return bytes(buf[:n]), head


def unmasked(frame, head):
    key, payload = frame[head : head + 4], frame[head + 4 :]
    mask = (key * (len(payload) // 4 + 1))[: len(payload)]
    payload = int.from_bytes(payload, 'big') ^ int.from_bytes(mask, 'big')
    return bytes([frame[0], frame[1] & 127]) + frame[2:head] + payload.to_bytes(len(mask), 'big')


def serve(connection):
    key = re.search(rb'Sec-WebSocket-Key: (\S+)', connection.recv(65536))
    if not key:
        return
    accept = base64.b64encode(hashlib.sha1(key[1] + GUID).digest())
    connection.sendall(ANSWER % accept)
    buf = memoryview(bytearray(1 << 21))
    frame, head = receive_frame(connection, buf)
    reply = unmasked(frame, head)
    at_once = max(1, 65536 // len(reply))
    replies = memoryview(reply * at_once)
    received, owed = 0, 1
    while True:
        while owed:
            n = min(owed, at_once)
            connection.sendall(replies[: n * len(reply)])
            owed -= n
        n = connection.recv_into(buf)
        if not n:
            return
        owed, received = divmod(received + n, len(frame))


with socket.create_server(('127.0.0.1', int(sys.argv[1]))) as server:
    while True:
        connection, _ = server.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                serve(connection)
            except OSError:
                pass
