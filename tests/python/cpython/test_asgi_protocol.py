"""A connection's messages over the events of an ASGI server: what the API is there."""

import asyncio

import pytest
from asgi_server import accepted, end_of, run
from memory_stream import settle
from microdot_websocket import WebSocketError
from microdot_websocket.core.frames import BUSY, CLOSE, CORKED, END, WAITS, WOKEN
from microdot_websocket.cpython.asgi_protocol import Protocol
from microdot_websocket.group import Group

LARGE = 70000  # bytes of a message that is waited for until it is sent


def test_messages_both_ways():
    async def main():
        ws, server = await accepted()
        messages = ['text', b'bytes', '', b'', 'é€😀', bytes(1000)]
        server.feed(*messages)
        for message in messages:
            received = await ws.receive()
            assert received == message and type(received) is type(message)
            await ws.send(message)
        assert await server.messages() == messages

    run(main())


def test_both_keys_with_one_empty():
    """As hypercorn has them."""

    async def main():
        ws, server = await accepted()
        server.feed({'type': 'websocket.receive', 'bytes': None, 'text': 'a'})
        server.feed({'type': 'websocket.receive', 'bytes': b'a', 'text': None})
        server.feed({'type': 'websocket.receive', 'bytes': None, 'text': ''})
        assert [await ws.receive() for _ in range(3)] == ['a', b'a', '']

    run(main())


@pytest.mark.parametrize('code', [1000, 1001, 1005, None])
def test_async_for_ends(code):
    async def main():
        ws, server = await accepted()
        server.feed('a', b'b')
        server.disconnect(**({'code': code} if code else {}))
        assert [message async for message in ws] == ['a', b'b']
        assert (ws.close_code, ws.close_reason, ws.closed) == (code or 1005, '', True)
        assert await server.messages() == []

    run(main())


@pytest.mark.parametrize(
    'values, end',
    [
        ({'code': 4000, 'reason': 'é'}, (4000, 'é')),
        ({'code': 1012, 'reason': None}, (1012, '')),
        ({'code': 1006}, (1006, 'connection lost')),
    ],
)
def test_code_and_reason_of_the_end(values, end):
    async def main():
        ws, server = await accepted()
        server.disconnect(**values)
        with pytest.raises(WebSocketError):
            [message async for message in ws]
        assert await end_of(ws.receive()) == end
        assert await end_of(ws.send('x')) == end
        assert await end_of(ws.receive_into(bytearray(1))) == end
        await ws.close()
        assert (ws.close_code, ws.close_reason) == end
        assert await server.messages() == []

    run(main())


def test_receive_fails():
    async def main():
        ws, server = await accepted()
        server.feed(OSError('made by a test'))
        assert await end_of(ws.receive()) == (1006, 'connection lost')

    run(main())


def test_close():
    async def main():
        ws, server = await accepted()
        receiving = asyncio.create_task(end_of(ws.receive()))
        await settle()
        with pytest.raises(ValueError):
            await ws.close(1006)
        with pytest.raises(ValueError):
            await ws.close(1000, 'x' * 124)
        with pytest.raises(ValueError):
            await ws.close(1000, '\ud800')
        assert not ws.closed
        await ws.close(4001, 'bye é')
        await ws.close(4002)
        assert await server.messages() == [('close', {'code': 4001, 'reason': 'bye é'})]
        assert await receiving == (4001, 'bye é')
        assert await end_of(ws.send('x')) == (4001, 'bye é')

    run(main())


def test_close_without_a_code():
    async def main():
        ws, server = await accepted()
        await ws.close(1005)
        assert await server.messages() == [('close', {})]

    run(main())


def test_close_by_send():
    """As applications for Microdot may do it."""

    async def main():
        for payload, values in (
            (b'', {}),
            (b'\x0f\xa1bye', {'code': 4001, 'reason': 'bye'}),
        ):
            ws, server = await accepted()
            await ws.send(payload, ws.CLOSE)
            assert await server.messages() == [('close', values)]
            assert ws.closed
        ws, server = await accepted()
        for payload in (b'x', bytes(126), b'\x0f\xa1\xff'):
            with pytest.raises(ValueError):
                await ws.send(payload, ws.CLOSE)
        assert not ws.closed

    run(main())


def test_opcodes():
    async def main():
        ws, server = await accepted()
        await ws.send('é', ws.BINARY)
        await ws.send('é'.encode(), ws.TEXT)
        await ws.send(bytearray(b'x'), 0)
        await ws.send(memoryview(b'x')[:0])
        assert await server.messages() == ['é'.encode(), 'é', b'x', b'']
        with pytest.raises(ValueError):
            await ws.send(b'\xff', ws.TEXT)
        with pytest.raises(ValueError):
            await ws.send('\ud83d')
        for opcode in (3, 7, 11, 16):
            with pytest.raises(ValueError):
                await ws.send('x', opcode)
        with pytest.raises(TypeError):
            await ws.send(5)
        for opcode in (ws.PING, ws.PONG):
            with pytest.raises(NotImplementedError, match='it is the server that sends pings'):
                await ws.send(b'', opcode)
        with pytest.raises(NotImplementedError, match='it is the server that sends pings'):
            await ws.ping()
        await ws.send('still open')
        assert await server.messages() == ['still open']

    run(main())


@pytest.mark.parametrize('limit, size', [(5, 5), (0, 100000), (-1, 16384)])
def test_within_the_limit(limit, size):
    async def main():
        ws, server = await accepted({'max_message_length': limit})
        server.feed('x' * size, bytes(size))
        assert await ws.receive() == 'x' * size
        assert await ws.receive() == bytes(size)

    run(main())


@pytest.mark.parametrize(
    'limit, message', [(5, bytes(6)), (5, 'éé€'), (5, 'x' * 6), (-1, bytes(16385))]
)
def test_too_big(limit, message):
    async def main():
        ws, server = await accepted({'max_message_length': limit})
        server.feed(message, 'never seen')
        for _ in range(2):
            assert await end_of(ws.receive()) == (1009, 'message too big')
        assert await server.messages() == [('close', {'code': 1009, 'reason': 'message too big'})]

    run(main())


def test_a_limit_that_is_set_later():
    async def main():
        ws, server = await accepted()
        server.feed('xxx', 'xxx')
        await ws.receive()
        ws.max_message_length = 2
        assert await end_of(ws.receive()) == (1009, 'message too big')

    run(main())


def test_receive_with_a_timeout():
    async def main():
        ws, server = await accepted()
        for _ in range(2):
            with pytest.raises(asyncio.TimeoutError):
                await ws.receive(timeout=0.01)
        server.feed('a', 'b')
        assert await ws.receive(timeout=5) == 'a'
        buffer = bytearray(4)
        assert await ws.receive_into(buffer, timeout=5) == 1
        with pytest.raises(asyncio.TimeoutError):
            await ws.receive_into(buffer, timeout=0)
        server.feed('c')
        assert await ws.receive() == 'c'

    run(main())


def test_receive_that_is_cancelled_loses_nothing():
    async def main():
        ws, server = await accepted()
        for message in ('a', 'b'):
            task = asyncio.create_task(ws.receive())
            await settle()
            if message == 'b':
                server.feed(message)
                await asyncio.sleep(0)  # it is on its way
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await ws.receive() == 'b'

    run(main())


def test_receive_that_is_cancelled_as_its_time_runs_out():
    async def main():
        ws, server = await accepted()
        task = asyncio.create_task(ws.receive(timeout=20))
        await settle()
        ws.timeout = True  # as features/timeouts.py does
        ws.protocol.schedule()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.feed('a')
        assert await ws.receive() == 'a'

    run(main())


def test_one_task_receives():
    async def main():
        ws, server = await accepted()
        task = asyncio.create_task(ws.receive())
        await settle()
        with pytest.raises(RuntimeError):
            await ws.receive()
        server.feed('a')
        assert await task == 'a'

    run(main())


def test_receive_into():
    async def main():
        ws, server = await accepted({'max_message_length': 1})
        buffer = bytearray(4)
        server.feed('é', b'abcd', '')
        assert [await ws.receive_into(buffer), ws.message_type] == [2, ws.TEXT]
        assert buffer[:2] == 'é'.encode()
        assert [await ws.receive_into(memoryview(buffer)), ws.message_type] == [4, ws.BINARY]
        assert [await ws.receive_into(buffer), ws.message_type] == [0, ws.TEXT]
        assert buffer == b'abcd'
        with pytest.raises(TypeError):
            await ws.receive_into(memoryview(b'xx'))
        with pytest.raises(ValueError):
            await ws.receive_into(bytearray())
        server.feed('abc', b'12345')
        assert await ws.receive_into(buffer) == 3
        assert await end_of(ws.receive_into(buffer)) == (1009, 'message too big')

    run(main())


def test_stream():
    async def main():
        ws, server = await accepted({'max_message_length': 1})
        buffer = bytearray(4)
        server.feed(b'123456789', '', 'éé', b'passed over', 'x')

        async def pieces():
            return [bytes(piece) async for piece in ws.stream(buffer)]

        assert await pieces() == [b'1234', b'5678', b'9']
        assert ws.message_type == ws.BINARY
        assert await pieces() == []
        assert await pieces() == ['éé'.encode()]
        assert ws.message_type == ws.TEXT
        async for piece in ws.stream(buffer):
            assert piece == b'pass'
            break
        assert await ws.receive() == 'x'

    run(main())


def test_stream_that_takes_its_time():
    """The rest of the message stays, though nobody receives for a second."""

    async def main():
        ws, server = await accepted()
        server.feed(b'12345678', 'next')
        found = []
        async for piece in ws.stream(bytearray(4)):
            found.append(bytes(piece))
            ws.ticks = 1
            ws.poll(1001)
        assert found == [b'1234', b'5678']
        assert await ws.receive() == 'next'

    run(main())


def test_send_stream():
    async def chunks():
        for chunk in ('a', 'é', 'b'):
            yield chunk

    async def main():
        ws, server = await accepted()
        await ws.send_stream(chunks())
        await ws.send_stream([b'1', bytearray(b'2'), memoryview(b'3')])
        await ws.send_stream([])
        await ws.send('x')
        assert await server.messages() == ['aéb', b'123', b'', 'x']
        with pytest.raises(TypeError):
            await ws.send_stream(['a', b'b'])
        assert await server.messages() == [('close', {'code': 1011, 'reason': ''})]

    run(main())


def test_what_is_the_servers_matter():
    async def main():
        ws, server = await accepted({'ping_interval': 0.01, 'compression': True})
        await asyncio.sleep(0.05)
        assert await server.messages() == []
        assert (ws.compression, ws.pings) == (False, None)

    run(main())


def test_small_messages_are_not_waited_for():
    """So many tasks may send, and what they have sent goes out in order."""

    async def main():
        ws, server = await accepted()
        server.blocked = True
        for i in range(5):
            await ws.send(str(i))
        assert ws.protocol.locked
        assert await server.messages() == []
        server.blocked = False
        assert await server.messages() == list('01234')
        assert not ws.protocol.locked

    run(main())


def test_many_tasks_send_what_has_no_room():
    async def main():
        ws, server = await accepted()
        server.blocked = True
        messages = [str(i) * LARGE for i in range(4)]
        tasks = [asyncio.create_task(ws.send(message)) for message in messages]
        assert await server.messages() == []
        assert not any(task.done() for task in tasks)
        server.blocked = False
        await asyncio.gather(*tasks)
        assert await server.messages() == messages

    run(main())


def test_send_that_is_cancelled():
    """Its message goes out whole and once, or not at all if it had to wait for another."""

    async def main():
        ws, server = await accepted()
        server.blocked = True
        tasks = [asyncio.create_task(ws.send(text * LARGE)) for text in 'ab']
        await settle()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.blocked = False
        await ws.send('c')
        assert await server.messages() == ['a' * LARGE, 'c']

    run(main())


@pytest.mark.parametrize('error', [OSError('gone'), RuntimeError('unexpected message')])
@pytest.mark.parametrize('size', [1, LARGE])
def test_send_fails(error, size):
    async def main():
        ws, server = await accepted()
        receiving = asyncio.create_task(end_of(ws.receive()))
        await settle()
        server.error = error
        if size == 1:
            await ws.send('x')
            await settle()
        assert await end_of(ws.send('x' * size)) == (1006, 'connection lost')
        assert await receiving == (1006, 'connection lost')

    run(main())


def test_send_fails_since_the_peer_has_closed():
    """Whoever notices it first, the code is the peer's."""

    async def main():
        for size in 1, LARGE:
            ws, server = await accepted()
            server.disconnect(code=1001, reason='é')
            server.error = OSError('gone')
            if size == 1:
                await ws.send('x')
                await settle()
            assert await end_of(ws.send('x' * size)) == (1001, 'é')
            assert [message async for message in ws] == []

    run(main())


def test_a_handler_that_receives_once_and_sends_learns_of_the_end():
    """As SECURITY.md promises: behind its second message it is looked after within a second."""

    async def main():
        ws, server = await accepted()
        server.feed('subscribe')
        await ws.receive()
        await ws.send('1')
        assert not ws.ticks
        await settle()
        await ws.send('2')
        assert ws.ticks
        server.disconnect(code=1001)
        ws.poll(1001)
        await settle()
        assert (ws.closed, ws.close_code) == (True, 1001)

    run(main())


def test_other_tasks_get_their_turn():
    """Every 32 messages at least, be there more of them, and room for more."""

    async def main():
        async def count():
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        turns = 0
        ws, server = await accepted()
        server.feed(*['x'] * 320)
        await settle()
        counting = asyncio.create_task(count())
        for _ in range(320):
            await ws.receive()
        assert turns >= 9
        turns = 0
        for _ in range(320):
            await ws.send('x')
        assert turns >= 9
        counting.cancel()

    run(main())


def test_what_waits_is_bounded():
    """Of what has arrived, and nobody has received."""

    async def main():
        ws, server = await accepted()
        messages = [bytes(10000)] * 20
        server.feed(*messages)
        await settle()
        assert 12 < server.left < 16
        for _ in messages:
            assert await ws.receive() == bytes(10000)
        assert server.left == 0
        server.feed('x')
        assert await ws.receive() == 'x'

    run(main())


def test_close_that_fails():
    async def main():
        ws, server = await accepted()
        server.error = OSError('gone')
        await ws.close(4000, 'bye')
        assert (ws.closed, ws.close_code) == (True, 4000)

    run(main())


def test_a_client_that_takes_nothing():
    async def main():
        ws, server = await accepted({'send_timeout': 0.05})
        server.blocked = True
        for _ in range(2):
            await ws.send('x')
        assert await end_of(ws.receive()) == (1006, 'send timed out')

        ws, server = await accepted({'send_timeout': 0.05})
        server.blocked = True
        assert await end_of(ws.send('x' * LARGE)) == (1006, 'send timed out')
        server.blocked = False
        await settle()
        assert await server.messages() == []

    run(main())


def test_a_close_that_nobody_takes():
    async def main():
        ws, server = await accepted({'close_timeout': 0.05})
        server.blocked = True
        await ws.close()
        assert ws.state == 3

    run(main())


def test_a_group():
    async def main():
        group = Group(send_timeout=0.05)
        pairs = [await accepted() for _ in range(3)]
        for ws, _ in pairs:
            group.add(ws)
        slow, slow_server = pairs[1]
        slow_server.blocked = True
        await group.send('a' * LARGE)
        await group.send(bytearray(b'b'), exclude=pairs[0][0])
        await settle()
        assert await pairs[0][1].messages() == ['a' * LARGE]
        assert await pairs[2][1].messages() == ['a' * LARGE, b'b']
        assert await end_of(slow.receive()) == (1006, 'send timed out')
        assert len(group) == 2

    run(main())


def test_a_group_catches_up():
    async def main():
        group = Group()
        ws, server = await accepted()
        group.add(ws)
        server.blocked = True
        messages = [str(i) * LARGE for i in range(5)]
        for message in messages:
            await group.send(message)
        server.blocked = False
        while len(server.sent) < 5:
            await settle()
        assert await server.messages() == messages

    run(main())


def test_a_handler_that_only_sends_learns_of_the_end():

    async def main():
        ws, server = await accepted(attended=False)
        server.feed('kept', 'x' * 20000)
        ws.poll(1001)
        await settle()
        assert not ws.closed
        assert await ws.receive() == 'kept'
        assert await end_of(ws.receive()) == (1009, 'message too big')

        ws, server = await accepted(attended=False)
        ws.poll(1001)
        await settle()
        server.disconnect(code=1001)
        await settle()
        assert (ws.closed, ws.close_code) == (True, 1001)

    run(main())


def test_the_protocol_alone():
    async def main():
        async def never():
            await asyncio.Event().wait()

        async def send(event):
            await asyncio.sleep(0)
            sent.append(event)

        sent = []
        p = Protocol(never, send, 100)
        p.begin()
        p.schedule()  # nobody waits
        assert p.read(-1, None) is None
        assert [p.write('a', None) for _ in range(3)] == [None, CORKED, None]
        assert p.write(bytes(LARGE), None) == WAITS
        assert p.write('b', None) == BUSY
        assert p.flush() and p.locked == 1
        await p.wait()
        assert not p.flush() and p.locked == 0
        p.schedule()
        assert p.read(-1, None) is False and p.event == WOKEN
        assert p.write('a', None) is None
        assert p.write(b'', CLOSE) == WAITS
        p.abort()  # the Close still goes out, and what is before it
        while len(sent) < 6:
            await settle()
        assert p.read(-1, None) is False and p.event == END
        for call in (p.flush, lambda: p.write('x', None)):
            with pytest.raises(OSError):
                call()
        p.register()

    run(main())
