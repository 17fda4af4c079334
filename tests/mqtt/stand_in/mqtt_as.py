"""In the place of mqtt_as, which is in no package registry: its event interface, over aiomqttc."""

import asyncio

import board_modules  # noqa: F401  before the next

# isort: split
import aiomqttc

config = {}


class Queue:
    """Of the newest messages, as many as queue_len."""

    def __init__(self, size):
        self.size = size
        self.messages = []
        self.came = asyncio.Event()

    def put(self, *message):
        self.messages.append(message)
        del self.messages[: -self.size]
        self.came.set()

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self.messages:
            self.came.clear()
            await self.came.wait()
        return self.messages.pop(0)


class MQTTClient:
    def __init__(self, config):
        names = 'server', 'port', 'user', 'password'
        self.options = {name: config[name] for name in names}
        self.queue = Queue(config['queue_len'])
        self.up = asyncio.Event()
        self.down = asyncio.Event()
        self.client = None

    async def connect(self):
        await self.open()
        asyncio.create_task(self.keep_connected())

    async def open(self):
        async def on_message(protocol, topic, payload, is_retained):
            self.queue.put(topic.encode(), payload, is_retained)

        self.client = client = aiomqttc.MQTTClient(**self.options)
        client.on_message = on_message
        if not await client.connect():
            raise OSError('there is no broker')
        self.up.set()

    def isconnected(self):
        return self.client.connected and not self.client.protocol.stream.at_eof()

    async def keep_connected(self):
        while True:
            while self.isconnected():
                await asyncio.sleep(0.1)
            self.down.set()  # once: whoever waits for it clears it
            await self.client.handle_disconnect()
            while not self.isconnected():
                await asyncio.sleep(0.1)
                try:
                    await self.open()
                except OSError:
                    pass

    async def subscribe(self, topic, qos=0):
        await self.client.subscribe(topic.decode(), qos)

    async def publish(self, topic, msg, retain=False, qos=0):
        while not self.isconnected():
            await asyncio.sleep(0.1)
        await self.client.protocol.publish(topic, msg, qos, retain)
