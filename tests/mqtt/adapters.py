"""The adapters that servers of the tests give to their Relay, by name: of aiomqttc one of its own,
as the docstring of relay.py tells."""

import asyncio

import board_modules  # noqa: F401  before the clients

HOST = '127.0.0.1'


class Aiomqttc:
    """aiomqttc's client, over TCP or over a WebSocket."""

    def __init__(self, port):
        import aiomqttc

        self.make = aiomqttc.MQTTClient
        self.port = port
        self.client = None

    async def publish(self, topic, payload, qos):
        if not await self.client.protocol.publish(topic, payload, qos):
            raise OSError('it was not confirmed')

    async def run(self, relay):
        async def on_message(protocol, topic, payload, is_retained):
            await relay.receive(topic, payload)

        client = self.client = self.make(server=HOST, port=self.port)
        client.on_message = on_message
        if not await client.connect():
            raise OSError('there is no broker')
        try:
            for name in relay.filters:
                await client.subscribe(name, relay.qos)
            while not all(it['confirmed'] for it in client.subscriptions.values()):
                await self.wait()
            relay.up()
            while True:
                await self.wait()
        finally:
            await client.handle_disconnect()

    async def wait(self):
        await asyncio.sleep(0.02)
        # It does not look at the end of its stream itself.
        if not self.client.connected or self.client.protocol.stream.at_eof():
            raise OSError('the connection is lost')


def over_tcp(port, web_port):
    return Aiomqttc(port)


def over_websocket(port, web_port):
    """The same client on a byte stream of this project."""
    import aiomqttc
    from microdot_websocket.byte_stream import open_connection

    class StreamConnection(aiomqttc.StreamConnection):
        async def _connect(self):
            url = 'ws://%s:%d/mqtt' % (self._host, self._port)
            streams = await open_connection(url, subprotocols=('mqtt',), max_message_length=1 << 17)
            self.reader, self.writer = streams
            self._eof = False

    aiomqttc.StreamConnection = StreamConnection
    return Aiomqttc(web_port)


def of_mqtt_as(port, web_port):
    """The mqtt_as that MQTT_AS= names."""
    from microdot_websocket.relay import MqttAs
    from mqtt_as import MQTTClient, config

    config['server'] = HOST
    config['port'] = port
    config['queue_len'] = 200
    return MqttAs(MQTTClient(config))


def of_aiomqtt(port, web_port):
    from microdot_websocket.relay import Aiomqtt

    return Aiomqtt(HOST, port)
