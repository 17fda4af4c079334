"""The client that all servers are measured with: a raw socket and frames built beforehand, so that
it costs next to nothing beside the server."""

import base64
import os
import socket
import struct

from frames import BINARY, frame


class Closed(Exception):
    """The server has ended the connection, or does not go on."""


def payload(size, opcode=BINARY):
    """A message; one of text has characters of one to three bytes."""
    if opcode == BINARY:
        return os.urandom(size)
    text = f'WebSocket {os.urandom(4).hex()}: Grüße, 5 €. ' * (size // 32 + 1)
    return text.encode()[:size].decode(errors='ignore').encode().ljust(size, b'.')


def reply(message, opcode=BINARY):
    """What a server sends back: the same in a frame that is not masked."""
    return frame(opcode, message, key=b'')


class Client:
    def __init__(self, port, path='/echo', timeout=20):
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel's own timeouts: Python's make a socket for which MSG_WAITALL does not wait.
        for option in socket.SO_RCVTIMEO, socket.SO_SNDTIMEO:
            self.socket.setsockopt(socket.SOL_SOCKET, option, struct.pack('ll', timeout, 0))
        self.upgrade(path)

    def upgrade(self, path):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f'GET {path} HTTP/1.1',
            'Host: 127.0.0.1',
            'Upgrade: websocket',
            'Connection: Upgrade',
            f'Sec-WebSocket-Key: {key}',
            'Sec-WebSocket-Version: 13',
        )
        self.send('\r\n'.join([*lines, '', '']).encode())
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            data = self.socket.recv(4096)
            if not data:
                raise Closed(head)
            head += data
        if not head.startswith(b'HTTP/1.1 101 '):
            raise Closed(head)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Closed(error)

    def receive(self, buf):
        """Fill a buffer."""
        try:
            if self.socket.recv_into(buf, len(buf), socket.MSG_WAITALL) == len(buf):
                return
        except OSError as error:
            raise Closed(error)
        raise Closed

    def echo(self, size, opcode=BINARY):
        """Have a message of this size echoed; whether it came back as it was sent."""
        message = payload(size, opcode)
        expected = reply(message, opcode)
        buf = bytearray(len(expected))
        self.send(frame(opcode, message))
        self.receive(buf)
        return buf == expected

    def close(self):
        self.socket.close()
