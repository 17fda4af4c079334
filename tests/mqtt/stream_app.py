"""MQTT over a WebSocket, by hand and by a library:  stream_app.py EXPECTED_IMPL BROKER_WEB_PORT

It prints a line for each part that went well.
"""

import asyncio
import sys

import adapters
import application  # noqa: F401  installs the package, on CPython
from microdot_websocket import codec
from microdot_websocket.byte_stream import open_connection

LARGE = 70000
port = int(sys.argv[2])


def packet(first, *parts):
    """MQTT 3.1.1, section 2: a str stands with its length in front."""
    body = bytearray()
    for part in parts:
        if isinstance(part, str):
            part = part.encode()
            body += len(part).to_bytes(2, 'big')
        body += part
    head = bytearray([first])
    n = len(body)
    while n > 127:
        head.append(n & 127 | 128)
        n >>= 7
    head.append(n)
    return bytes(head + body)


async def read_packet(reader):
    first = (await reader.readexactly(1))[0]
    n = shift = 0
    while True:
        c = (await reader.readexactly(1))[0]
        n |= (c & 127) << shift
        shift += 7
        if c < 128:
            return first, await reader.readexactly(n)


async def by_hand():
    url = 'ws://127.0.0.1:%d/' % port
    options = {'subprotocols': ('mqtt',), 'max_message_length': 2 * LARGE}
    reader, writer = await open_connection(url, **options)
    assert reader.ws.subprotocol == 'mqtt'
    # A packet in several frames; then two in one. An idle mosquitto 2.0 reads on after 100 ms.
    connect = packet(0x10, 'MQTT', b'\4\2\0\x3c', 'hand%d' % id(reader))
    for part in connect[:1], connect[1:2], connect[2:]:
        await writer.awrite(part)
    assert await read_packet(reader) == (0x20, b'\0\0')
    name = 'by-hand/' + str(id(reader))
    writer.write(packet(0x82, b'\0\1', name, b'\1'))
    writer.write(packet(0x32, name, b'\0\2', b'first'))
    await writer.drain()
    got = []
    for _ in range(3):
        got.append(await read_packet(reader))
    message = packet(0, name, b'\0\1', b'first')[2:]
    assert sorted(got) == [(0x32, message), (0x40, b'\0\2'), (0x90, b'\0\1\1')], got
    writer.write(packet(0x40, b'\0\1'))
    # More than one read, and more than one frame of 64 KiB.
    data = bytes(range(250)) * (LARGE // 250)
    large = packet(0x30, name, data)
    for i in range(0, len(large), 777):
        writer.write(large[i : i + 777])
        if i % 3:
            await writer.drain()
    first, body = await read_packet(reader)
    assert (first, body[2 + len(name) :]) == (0x30, data)
    writer.write(b'\xc0\0')  # and nobody calls drain()
    assert await read_packet(reader) == (0xD0, b'')
    await writer.awrite(b'\xe0\0')
    assert await reader.read() == b''  # the broker ends it
    await writer.wait_closed()
    print('by hand')


class Relay:
    """What an adapter needs of it."""

    filters = ('by-library',)
    qos = 1

    def __init__(self):
        self.got = []
        self.connected = asyncio.Event()

    def up(self, connected=True):
        self.connected.set()

    async def receive(self, topic, payload):
        self.got.append((topic, bytes(payload)))


async def by_library():
    relay = Relay()
    adapter = adapters.over_websocket(0, port)
    task = asyncio.create_task(adapter.run(relay))
    await asyncio.wait_for(relay.connected.wait(), 20)
    payloads = [b'x' * n for n in (0, 126, 5000)]
    for payload in payloads:
        await adapter.publish('by-library', payload, 1)
    while len(relay.got) < len(payloads):
        await asyncio.sleep(0.01)
    assert relay.got == [('by-library', payload) for payload in payloads]
    task.cancel()
    await asyncio.sleep(0.1)
    print('by a library')


async def main():
    await by_hand()
    await by_library()


assert codec.IMPL == sys.argv[1]
asyncio.run(main())
