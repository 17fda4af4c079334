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


def exchange(size, opcode=BINARY):
    """The frame with a message, and the one that a server sends back: the same, not masked."""
    message = payload(size, opcode)
    return frame(opcode, message), frame(opcode, message, key=b'')


class Client:
    def __init__(self, port, path='/echo', timeout=20, headers=()):
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel's timeouts: with Python's each call would cost a second one, of poll().
        for option in socket.SO_RCVTIMEO, socket.SO_SNDTIMEO:
            self.socket.setsockopt(socket.SOL_SOCKET, option, struct.pack('ll', timeout, 0))
        self.upgrade(path, headers)

    def upgrade(self, path, headers):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f'GET {path} HTTP/1.1',
            'Host: 127.0.0.1',
            'Upgrade: websocket',
            'Connection: Upgrade',
            f'Sec-WebSocket-Key: {key}',
            'Sec-WebSocket-Version: 13',
        )
        self.send('\r\n'.join([*lines, *headers, '', '']).encode())
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

    def receive(self, buf, at_once=False):
        """Fill a buffer; `at_once`: acknowledge what comes without delay.

        A server that leaves Nagle's algorithm on waits with its next small frame until then: here
        as long as it takes, not for a timer's 40 ms.
        """
        view = memoryview(buf)
        try:
            while view:
                if at_once:
                    self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                n = self.socket.recv_into(view)
                if not n:
                    raise Closed
                view = view[n:]
        except OSError as error:
            raise Closed(error)

    def receive_some(self, buf):
        """Receive what has come, at most a buffer full; its length."""
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            n = self.socket.recv_into(buf)
        except OSError as error:
            raise Closed(error)
        if not n:
            raise Closed
        return n

    def echo(self, size, opcode=BINARY):
        """Have a message of this size echoed; whether it came back as it was sent."""
        return self.echo_frame(*exchange(size, opcode))

    def echo_frame(self, request, reply):
        buf = bytearray(len(reply))
        self.send(request)
        self.receive(buf)
        return buf == reply

    def end(self):
        """Wake the threads that wait for the server: for them it has closed the connection."""
        self.socket.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
