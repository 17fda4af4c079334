"""Three servers that share a chat through mosquitto: one over TCP, one over WebSockets."""

import asyncio
import signal
import socket

import aiomqtt
import pytest
from microdot_websocket.relay import Relay
from websocket_pages import pages, until

EACH = 1000  # messages of each page
WINDOW = 40  # of them that may be on their way
LARGE = 12000  # bytes of a message


def text_or_binary(who, n):
    message = f'{who} {n}'
    return message.encode() if n % 3 == 0 else message


def of(who, got):
    """Those of the messages that came from that page."""
    return [message for message in got if message[:1] in (str(who), str(who).encode())]


async def talk(chat, who):
    for n in range(EACH):
        await until(
            lambda n=n: all(page.count[str(who)] > n - WINDOW for page in chat),
            lambda: [page.count for page in chat],
        )
        await chat[who].send(text_or_binary(who, n))


def test_a_thousand_messages_each_way(servers):
    """Each page gets each message once, in order, and as what it was sent."""

    async def main():
        async with pages(servers, '/chat') as chat:
            await asyncio.gather(*[talk(chat, who) for who in range(len(chat))])
            await until(
                lambda: all(len(page.got) >= EACH * len(chat) for page in chat),
                lambda: [page.count for page in chat],
            )
            await asyncio.sleep(0.2)  # for what would be too many
            for page in chat:
                for who in range(len(chat)):
                    expected = [text_or_binary(who, n) for n in range(EACH)]
                    assert of(who, page.got) == expected

    asyncio.run(main())
    assert [server.state()['dropped'] for server in servers] == [0, 0, 0]


async def all_get(readers, expected):
    await until(
        lambda: all(len(page.got) >= len(expected) for page in readers),
        lambda: [page.got[:9] for page in readers],
    )
    await asyncio.sleep(0.1)
    assert [page.got for page in readers] == [expected] * len(readers)


def test_a_long_message(servers):
    """That is more than one read of anything on its way."""

    async def main():
        async with pages(servers, '/chat') as chat:
            expected = []
            for who, page in enumerate(chat):
                expected += [str(who) * LARGE, bytes([who, 255]) * (LARGE // 2)]
                await page.send(expected[-2])
                await page.send(expected[-1])
                await all_get(chat, expected)

    asyncio.run(main())


def test_topics(servers):
    async def main():
        async with (
            pages(servers, '/topic/caf\u00e9') as cafe,
            pages(servers, '/topic/bar') as bar,
        ):
            await cafe[0].send('to a caf\u00e9')
            await bar[1].send(b'to a bar')
            await all_get(cafe[1:], ['to a caf\u00e9'])
            await all_get([bar[0], bar[2]], [b'to a bar'])
            assert cafe[0].got == bar[1].got == []  # their senders

    asyncio.run(main())


def test_other_devices(servers, broker):
    """One that publishes what it measures, and one that reads what is said."""

    async def main():
        async with (
            pages(servers, '/sensors') as sensors,
            aiomqtt.Client('127.0.0.1', broker.port) as device,
        ):
            await device.subscribe('tests/chat/#')
            await device.publish('sensors/door', '{"open": true}')
            await all_get(sensors, ['{"open": true}'])
            async with pages(servers[:1], '/chat') as chat:
                await chat[0].send('hello')
                message = await asyncio.wait_for(device.messages.__anext__(), 20)
            assert (message.payload, message.topic.value[-5:]) == (b'hello', '/text')

    asyncio.run(main())


def is_taken(topic, port):
    """Whether the broker confirms a message, or else ends the connection."""
    topic = topic.encode()
    with socket.create_connection(('127.0.0.1', port), timeout=20) as s:
        s.sendall(b'\x10\x0c\0\4MQTT\4\2\0\x3c\0\0')
        assert s.recv(4) == b'\x20\2\0\0'
        body = len(topic).to_bytes(2, 'big') + topic + b'\0\1'
        s.sendall(bytes([0x32, len(body)]) + body)
        answer = s.recv(4)
    assert answer in (b'', b'\x40\2\0\1')
    return answer != b''


def test_topics_that_the_broker_ends_a_connection_for(broker):
    """A page that picks one must not do so to all the others: publish() refuses them."""

    async def main():
        relay = Relay(None, 'any')
        codes = 0x20, 0x7E, 0x1F, 0x7F, 0x9F, 0xA0, 0x20AC, 0xFDCF, 0xFDD0, 0xFDEF, 0xFDF0, 0xFFFD
        for code in (*codes, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF, ord('+'), ord('#')):
            if is_taken(f'any/{chr(code)}', broker.port):
                await relay.publish(chr(code), 'x')
            else:
                with pytest.raises(ValueError, match='no topic'):
                    await relay.publish(chr(code), 'x')

    asyncio.run(main())


def numbers(who, got):
    return [int(message[2:]) for message in of(who, got)]


def test_the_broker_restarts(servers, broker):
    """The pages of each server go on. What was said meanwhile is sent later, as far as there is
    room for it, to the servers that are back by then."""

    async def main():
        async with pages(servers, '/chat') as chat:
            await asyncio.to_thread(broker.stop)
            for server in servers:
                await asyncio.to_thread(server.until, False)
            for n in range(300):
                await chat[0].send(f'0 {n:100}')
            await until(lambda: len(chat[0].got) == 300, lambda: chat[0].count)
            dropped = (await asyncio.to_thread(servers[0].state))['dropped']
            assert 200 < dropped < 250  # of 16 KiB
            # It shall be the last one to come back.
            servers[0].process.send_signal(signal.SIGSTOP)
            try:
                await asyncio.to_thread(broker.start)
                for server in servers[1:]:
                    await asyncio.to_thread(server.until, True)
            finally:
                servers[0].process.send_signal(signal.SIGCONT)
            await asyncio.to_thread(servers[0].until, True)
            for who, page in enumerate(chat):
                await page.send(f'{who} 1000')
            for page in chat:
                await until(
                    lambda page=page: sum(m[2:] == '1000' for m in page.got) == len(chat),
                    lambda page=page: page.count,
                )
                first = 0 if page is chat[0] else dropped
                assert numbers(0, page.got) == [*range(first, 300), 1000]
                assert numbers(1, page.got) == numbers(2, page.got) == [1000]

    asyncio.run(main())
