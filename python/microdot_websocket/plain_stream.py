"""A stream with nothing but ``read`` and ``awrite``: Microdot's TestClient. Imported when met."""

from .protocol import write_header


class PlainStream:
    """The interface is described in ``stream.py``. One whole frame goes to each ``awrite``."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._unsent = []

    async def readinto(self, buf):
        data = await self._reader.read(len(buf))
        n = len(data)
        buf[:n] = data
        return n

    def write_frame(self, opcode, payload):
        self._unsent.append(encode_frame(opcode, payload))
        return True

    async def flush(self):
        while self._unsent:
            await self._writer.awrite(self._unsent.pop(0))

    # There is no network that could stall.

    def waiting(self):
        return 0

    def end_reading(self):
        pass

    def abort(self):
        pass


def encode_frame(opcode, payload):
    """A whole unmasked frame, bytearray."""
    if isinstance(payload, str):
        payload = payload.encode()
    frame = bytearray(10)
    size = write_header(frame, opcode, len(payload))
    return frame[:size] + payload
