"""What compression makes of a message, on CPython and on MicroPython. As a script it takes cases,
one a line, and prints what each of them comes to:

r BITS LIMIT TEXT SIZE HEX: a message is received: hex of what it becomes, or ! and a close code
s BITS LEVEL HEX: a message is sent: hex of what it is compressed to, or - if it goes as it is

With an argument, without the natmod that compresses.
"""

import asyncio
import sys
from binascii import hexlify, unhexlify

if len(sys.argv) > 1:
    sys.modules['_wsdeflate'] = None  # type: ignore[assignment]

from microdot_websocket.features import compressed_pieces, compression  # noqa: E402, F401


class Refused(Exception):
    """What the connection ends with: ``args`` is its close code."""


class Connection:
    """Of a ``WebSocket`` and of its ``Protocol``, what compression needs."""

    def __init__(self, data, text):
        self.protocol = self
        self.data = data
        self.event = 1 if text else 2

    async def throw(self, code, reason):
        raise Refused(code)


async def received(data, bits, limit, text, size):
    """The bytes of a message; Refused. ``size``: of the buffer for ``receive_into()``, or, with a
    ``limit`` of 0, ``stream()``; 0: by ``receive()``."""
    ws = Connection(data, text)
    it = compression.Compression(ws, (None, bits, 15), None, 1000)
    if size and limit:
        limit = size
    if not size:
        message = await it.message(ws, limit, None)
        assert isinstance(message, str if text else bytes)
        return message.encode() if text else message
    buffer = bytearray(size)
    n = await it.message(ws, limit, buffer)
    view = memoryview(buffer)
    result = bytearray(view[:n])  # thousands of pieces would leave no long block free
    while it.rest:
        n = await it.rest.receive(ws)
        result.extend(view[:n])
        if it.rest.ended:
            break
    return bytes(result)


def answer(kind, *words):
    numbers = [int(word) for word in words[:-1]]
    data = unhexlify(words[-1][1:])
    if kind == 's':
        deflated = compression.deflate(data, *numbers)
        return '-' if deflated is None else '=' + hexlify(deflated).decode()
    try:
        return '=' + hexlify(asyncio.run(received(data, *numbers))).decode()
    except Refused as refused:
        return '!%d' % refused.args[0]


def main():
    while True:
        line = sys.stdin.readline()
        if not line:
            break
        print(answer(*line.split()))


if __name__ == '__main__':
    main()
