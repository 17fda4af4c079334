"""What boards and servers measure, and what people say at them, on the page of each: they share an
MQTT broker, as mosquitto, which is any machine of the network. Without it each goes on alone.

On a computer it needs aiomqtt:  pip install aiomqtt
On a board it needs mqtt_as:     mpremote mip install github:peterhinch/micropython-mqtt
"""

import asyncio
import json
import math
import sys
import time

from microdot import Microdot, send_file
from microdot_websocket import with_websocket
from microdot_websocket.relay import Relay
from microdot_websocket.server import serve

PORT = 5000
BROKER = '127.0.0.1'  # its address
BROKER_PORT = 1883
USER = PASSWORD = ''  # that the broker knows, if it asks for them
SSID = WIFI_PASSWORD = ''  # with which mqtt_as has a board join its network again
NAME = ''  # of this server: if it has none, its address
PERIOD = 1  # seconds
HERE = __file__[: __file__.replace('\\', '/').rfind('/') + 1]  # boards have no os.path
app = Microdot()


def measure():
    """A number, made up: put your sensor's there."""
    return 21 + math.sin(time.time() / 7 + len(NAME))


@app.route('/')
async def page(request):
    return send_file(HERE + 'index.html')


@app.route('/shared')
@with_websocket(ping_interval=20, max_message_length=1000)
async def view(request, ws):
    await ws.send(json.dumps({'you': NAME}))
    shared.add(ws)
    async for text in ws:
        await tell(text=str(text)[:200])


async def tell(**what):
    """To the pages of all servers."""
    what['from'] = NAME
    await shared.send(json.dumps(what))


async def tell_what_is_measured():
    while True:
        await tell(value=measure(), broker=shared.connected)
        await asyncio.sleep(PERIOD)


def mqtt_client():
    if sys.implementation.name != 'micropython':
        from microdot_websocket.relay import Aiomqtt

        return Aiomqtt(BROKER, BROKER_PORT, username=USER or None, password=PASSWORD or None)
    from microdot_websocket.relay import MqttAs
    from mqtt_as import MQTTClient, config

    config.update(server=BROKER, port=BROKER_PORT, user=USER, password=PASSWORD)
    config.update(ssid=SSID, wifi_pw=WIFI_PASSWORD)
    config.update(queue_len=20, ping_interval=5)  # seconds in which it notices a lost broker
    return MqttAs(MQTTClient(config))


def no_broker(error, delay):
    print('no broker at %s:%d, trying again in %.0f s: %s' % (BROKER, BROKER_PORT, delay, error))


def address():
    """Of a board in its network, which its boot.py has joined."""
    try:
        from network import STA_IF, WLAN
    except ImportError:
        return '127.0.0.1'
    return WLAN(STA_IF).ifconfig()[0]


async def main():
    global shared
    # A broker that comes back gets the last messages, not all of an hour.
    shared = Relay(mqtt_client(), 'relay-example', max_waiting=2000, on_retry=no_broker)
    asyncio.create_task(shared.run())
    asyncio.create_task(tell_what_is_measured())
    print('http://%s:%d' % (address(), PORT))
    await serve(app, port=PORT)


NAME = NAME or '%s:%d' % (address(), PORT)
if sys.platform == 'win32':  # aiomqtt needs this event loop there
    asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
