"""A client that knows what has to come, and says how its connection ended instead."""

import socket
import struct
import time

from connection import request_bytes
from frames import CLOSE, PING, PONG, TEXT, close, frame

HANG = 4.0  # seconds: more than all limits of the application together
PAUSE = 0.003  # for the server to do what nobody can see


class Ended(Exception):
    """The connection has ended, or should have: args[0] says how."""


class Wrong(Exception):
    """What no lack of memory may do: it hangs, or something came that must not."""


class Peer:
    def __init__(self, port, path='/echo', receive_buffer=None, upgrade=True, **headers):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(HANG)
        try:
            self.socket.connect(('127.0.0.1', port))
        except OSError as exc:
            raise Ended(f'connect: {exc}') from None
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b''
        self._sent_close = False
        if upgrade:
            self.upgrade(path, **headers)

    def upgrade(self, path='/echo', arm=None, **headers):
        """The handshake; arm() is called when all of it but its end has been read."""
        request = request_bytes(path, **headers)
        if arm:
            self.send(request[:-2])
            time.sleep(2 * PAUSE)
            arm()
            request = request[-2:]
        self.send(request)
        self.head('101')

    def head(self, expected):
        """Read the head of a response."""
        while b'\r\n\r\n' not in self.data:
            self.receive()
        head, _, self.data = self.data.partition(b'\r\n\r\n')
        status = head.split(b' ')[1].decode()
        if status != expected:
            self.close()
            raise Ended(f'http {status}')

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except TimeoutError:
            raise Wrong('hangs: nothing is read') from None
        except OSError:
            pass  # receive() tells

    def receive(self):
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise Wrong('hangs: open and silent') from None
        except ConnectionResetError:
            data = None
        if not data:
            raise Ended('half a frame, then its end' if self.data else 'its end')
        self.data += data

    def frame(self):
        """The next frame (first byte, payload); Ended behind a Close, which is answered."""
        while True:
            data = self.data
            if data[:5] == b'HTTP/':
                raise Wrong('HTTP behind the 101')
            if len(data) >= 2:
                length, at = data[1], 2
                if length >= 128:
                    raise Wrong('a masked frame')
                if length == 126:
                    length, at = int.from_bytes(data[2:4], 'big'), 4
                elif length == 127:
                    length, at = int.from_bytes(data[2:10], 'big'), 10
                if len(data) >= at + length:
                    payload, self.data = data[at : at + length], data[at + length :]
                    if data[0] == 0x80 | CLOSE:
                        self._answer(int.from_bytes(payload[:2], 'big'))
                    return data[0], payload
            self.receive()

    def _answer(self, code):
        if not self._sent_close:
            self.send(close(code))
        try:
            while True:
                self.receive()
        except Ended:
            if self.data:
                raise Wrong('bytes behind the Close') from None
        raise Ended(f'close {code}')

    def expect(self, first, payload):
        payload = payload.encode() if isinstance(payload, str) else payload
        got = self.frame()
        if got != (first, payload):
            raise Wrong(f'{got[0]:#x} {got[1][:40]!r}, not {first:#x} {payload[:40]!r}')

    def echo(self, payload='hello', opcode=TEXT):
        self.send(frame(opcode, payload))
        self.expect(0x80 | opcode, payload)

    def ready(self):
        """Wait until its handler receives, and has nothing else to do."""
        self.send(frame(PING))
        self.expect(0x80 | PONG, b'')
        time.sleep(PAUSE)
        return self

    def until(self, *expected):
        """Read to the end, which has to be one of these, or raise it."""
        try:
            while True:
                self.frame()
        except Ended as exc:
            if exc.args[0] not in expected:
                raise

    def over(self):
        """Close the connection in the normal way."""
        self._sent_close = True
        self.send(close(1000))
        self.until('close 1000')
        self.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.close()
