"""Feeding a connection bytes: whole, one by one, in other pieces, and with trailing data."""

import asyncio

from capacity import sample
from connection import frames_to, open_websocket
from frames import TEXT, frame
from memory_stream import settle
from microdot_websocket import WebSocketError

# (trailing data, bytes at a time). All splits of all data are tried in tests/contract.
WAYS = sample([(b'', 1), (b'', 7), (b'', 139), (frame(TEXT, 'next'), 1000000), (b'\0' * 3, 3)], 3)
PIECES = 300  # at most: each takes a millisecond and more
BUFFER = 160  # bytes of the read buffer: not many, so that it shows how it is used


def ways(data):
    """Those of WAYS that do not take too long."""
    return [(trailing, step) for trailing, step in WAYS if len(data) <= PIECES * step]


async def feed(peer, data, step):
    """Feed `data` in pieces of `step` bytes."""
    for i in range(0, len(data), step):
        peer.feed(data[i : i + step])
        await settle(1)
    await settle(5)


async def open_small(request=None, options=None, **attributes):
    """(ws, peer) with a small buffer, and no wait for a Close."""
    attributes.setdefault('close_timeout', 0)
    attributes.setdefault('read_buffer_size', BUFFER)
    return await open_websocket(request, options, **attributes)


async def collect(receive, results):
    """What an async function returns, again and again, into a list; at last ('error', code)."""
    try:
        while True:
            results.append(await receive())
    except WebSocketError as exc:
        results.append(('error', exc.code))


async def messages_of(ws, peer, data, step):
    """The messages that are received, when `data` is fed; last of all ('error', code), if it is one
    that ends the connection."""
    results = []
    task = asyncio.create_task(collect(ws.receive, results))
    await feed(peer, data, step)
    task.cancel()
    await settle(3)
    return results


async def pieces_of(ws, peer, data, step, size):
    """(type, bytes) for each piece of the first message, when `data` is fed; ('error', code), if it
    is one that ends the connection; then what pings were answered with."""
    results = []

    async def stream():
        pieces = ws.stream(bytearray(size))
        while True:
            try:
                piece = bytes(await pieces.__anext__())
            except StopAsyncIteration:
                break
            results.append((ws.message_type, piece))
        if not results:
            results.append((ws.message_type, b''))

    async def first():
        try:
            await stream()
        except WebSocketError as exc:
            results.append(('error', exc.code))

    task = asyncio.create_task(first())
    await feed(peer, data, step)
    task.cancel()
    await settle(3)
    return results + [(first, payload) for first, payload in frames_to(peer) if first == 0x8A]


def split(payload, opcode, size):
    """What pieces_of() returns of a message."""
    return [(opcode, bytes(payload[i : i + size])) for i in range(0, len(payload), size)]
