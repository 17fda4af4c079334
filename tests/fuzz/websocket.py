"""A fuzzer of whole connections: a WebSocket whose peer sends any stream in any pieces receives
what the model of RFC 6455 has in it, answers pings, and ends with the right Close. See one.py."""

import asyncio
from itertools import chain, count, repeat

from connection import frames_to, open_websocket
from frames import BINARY, CLOSE, PING, PONG
from hypothesis import given
from hypothesis import strategies as st
from memory_stream import run
from microdot_websocket import WebSocketError

from . import protocol_model as model
from .streams import ROOMY, limits, piece_sizes, streams

LOST = 1006


async def feed(peer, stream, sizes):
    """Send the stream in pieces, each after the one before was read, and then nothing more."""
    at = 0
    for size in chain(sizes * 20, repeat(ROOMY)):
        peer.feed(stream[at : at + size])
        await asyncio.sleep(0)
        at += size
        if at >= len(stream):
            break
    peer.end()


async def receive(ws, is_cancelled):
    """The next message; is_cancelled: again and again, as by wait_for(), each time a turn of the
    loop later."""
    for turns in count(1) if is_cancelled else ():
        task = asyncio.ensure_future(ws.receive())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            return task.result()
    return await ws.receive()


async def serve(stream, sizes, is_cancelled, **attributes):
    """(the messages, the code that the connection ends with, the frames that were sent)"""
    ws, peer = await open_websocket(**attributes)
    feeding = asyncio.ensure_future(feed(peer, stream, sizes))
    messages = []
    try:
        while True:
            messages.append(await receive(ws, is_cancelled))
    except WebSocketError as exc:
        code = exc.code
    await feeding
    assert ws.closed
    return messages, code, frames_to(peer)


@given(
    stream=streams(),
    sizes=piece_sizes,
    limits=st.just(model.Limits(ROOMY)) | limits,
    read_buffer_size=st.integers(0, 300) | st.just(2048),
    is_cancelled=st.booleans(),
)
def websocket(stream, sizes, limits, read_buffer_size, is_cancelled):
    limits = limits._replace(limit=limits.limit or 1)  # 0 is no limit here
    served = serve(
        stream,
        sizes,
        is_cancelled,
        max_message_length=limits.limit,
        max_fragments=limits.max_fragments,
        read_buffer_size=read_buffer_size,
    )
    messages, code, sent = run(served)
    expected = model.outcome(stream, lambda n: limits, model.Role())
    events = expected.events
    assert messages == [data for opcode, data in events if opcode <= BINARY]
    answers = [(0x80 | PONG, data) for opcode, data in events if opcode == PING]
    if events and events[-1][0] == CLOSE:
        assert code == events[-1][1][0]
        answers.append((0x80 | CLOSE, b'' if code == 1005 else code.to_bytes(2, 'big')))
    elif expected.codes:
        assert code in expected.codes
        assert sent[-1][1][:2] == code.to_bytes(2, 'big')
        answers.append((0x80 | CLOSE, sent[-1][1]))
    else:
        assert code == LOST
    assert sent == answers


TESTS = (websocket,)
