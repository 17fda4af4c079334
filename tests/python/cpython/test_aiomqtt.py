"""What Relay needs of aiomqtt, over another client in its place; tests/mqtt has the real one."""

import asyncio
import unittest

import aiomqtt
from memory_stream import run, settle
from microdot_websocket.relay import Aiomqtt


class Code:
    def __init__(self, is_failure):
        self.is_failure = is_failure


class Message:
    def __init__(self, topic, payload):
        self.topic = aiomqtt.Topic(topic)
        self.payload = payload


class Client:
    """Of aiomqtt 2."""

    made = []

    def __init__(self, *args, **options):
        self.args = args
        self.options = options
        self.filters = []
        self.published = []
        self.queue = asyncio.Queue()
        self.hangs = False
        Client.made.append(self)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def subscribe(self, topic, qos):
        self.filters.append((topic, qos))
        return (Code(topic == 'refused'),)

    async def publish(self, topic, payload, qos):
        self.published.append((topic, payload, qos))
        if self.hangs:
            await asyncio.sleep(60)
        if payload == b'fail':
            raise aiomqtt.MqttError

    @property
    def messages(self):
        return self

    def __aiter__(self):
        return self

    async def __anext__(self):
        message = await self.queue.get()
        if message is None:
            raise aiomqtt.MqttError('lost')
        return message


class Relay:
    filters = ('a/#', 'b')
    qos = 1

    def __init__(self):
        self.ups = 0
        self.got = []

    def up(self):
        self.ups += 1

    async def receive(self, topic, payload):
        self.got.append((topic, payload))


async def error_of(awaitable):
    try:
        await awaitable
    except Exception as exc:
        return exc
    raise AssertionError('no error')


class TestAiomqtt(unittest.TestCase):
    def setUp(self):
        self.relay = Relay()
        self.client = aiomqtt.Client
        aiomqtt.Client = Client
        self.adapter = Aiomqtt('broker', 1884, username='me')
        Client.made.clear()

    def tearDown(self):
        aiomqtt.Client = self.client

    def test_a_client_for_each_connection(self):
        async def main():
            for n in 1, 2:
                task = asyncio.create_task(error_of(self.adapter.run(self.relay)))
                await settle()
                client = Client.made[-1]
                self.assertIs(self.adapter.client, client)
                self.assertEqual(client.args, ('broker', 1884))
                options = {'max_queued_incoming_messages': 1000, 'username': 'me'}
                self.assertEqual(client.options, options)
                self.assertEqual(client.filters, [('a/#', 1), ('b', 1)])
                self.assertEqual((len(Client.made), self.relay.ups), (n, n))
                client.queue.put_nowait(Message('a/x', b'1'))
                client.queue.put_nowait(None)
                self.assertIsInstance(await task, aiomqtt.MqttError)
                self.assertEqual(self.relay.got, [('a/x', b'1')] * n)
                self.assertIsNone(self.adapter.client)

        run(main())

    def test_publish(self):
        async def main():
            self.assertIsInstance(
                await error_of(self.adapter.publish('a', b'x', 0)), ConnectionError
            )
            task = asyncio.create_task(error_of(self.adapter.run(self.relay)))
            await settle()
            client = Client.made[0]
            await self.adapter.publish('a', b'x', 1)
            self.assertIsInstance(
                await error_of(self.adapter.publish('a', b'fail', 0)), aiomqtt.MqttError
            )
            client.hangs = True
            publishing = asyncio.create_task(error_of(self.adapter.publish('a', b'y', 0)))
            await settle()
            client.queue.put_nowait(None)  # the connection is lost
            self.assertIsInstance(await publishing, ConnectionError)
            await task
            self.assertEqual(client.published, [('a', b'x', 1), ('a', b'fail', 0), ('a', b'y', 0)])

        run(main())

    def test_a_broker_that_refuses(self):
        self.relay.filters = 'a', 'refused'

        async def main():
            exc = await error_of(self.adapter.run(self.relay))
            self.assertEqual(str(exc), 'the broker refuses refused')
            self.assertEqual(self.relay.ups, 0)

        run(main())

    def test_its_own_options_win(self):
        async def main():
            adapter = Aiomqtt('broker', max_queued_incoming_messages=5)
            task = asyncio.create_task(adapter.run(self.relay))
            await settle()
            self.assertEqual(Client.made[0].options, {'max_queued_incoming_messages': 5})
            self.assertEqual(Client.made[0].args, ('broker', 1883))
            task.cancel()
            await settle()
            self.assertIsNone(adapter.client)

        run(main())
