"""A client that sends exactly the bytes it is told to."""

from connection import request_bytes
from frames import parse


class RawClient:
    def __init__(self, server, path='/echo', upgrade=True):
        self.socket = server.connect()
        self.received = b''
        if upgrade:
            self.send(request_bytes(path))
            assert self.head().startswith('HTTP/1.1 101 ')

    def send(self, data, step=None):
        """Send `data`, in segments of `step` bytes."""
        for i in range(0, len(data), step or len(data) or 1):
            self.socket.sendall(data[i : i + step] if step else data)

    def head(self):
        """The head of the HTTP response; what is behind it stays in `received`."""
        while b'\r\n\r\n' not in self.received:
            data = self.socket.recv(65536)
            assert data, self.received
            self.received += data
        head, _, self.received = self.received.partition(b'\r\n\r\n')
        return head.decode()

    def frames(self, n=None):
        """The next `n` frames; all until the server closes the connection, without `n`."""
        while True:
            try:
                frames = parse(self.received)
            except (ValueError, IndexError):
                frames = []
            if n is not None and len(frames) >= n:
                self.received = b''
                return frames
            data = self.socket.recv(1 << 20)
            if not data:
                return parse(self.received)
            self.received += data

    def close(self):
        self.socket.close()
