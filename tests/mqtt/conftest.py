"""A broker, and three servers whose relays use it."""

import pytest
from mosquitto import Mosquitto
from relayed import MQTT_AS, SERVERS, Relayed


@pytest.fixture(scope='session')
def broker(tmp_path_factory):
    broker = Mosquitto(tmp_path_factory.mktemp('mosquitto'))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope='session')
def servers(broker):
    servers = [Relayed(name, adapter, broker) for name, adapter in SERVERS.items()]
    yield servers
    consoles = [server.stop() for server in servers]
    for console in consoles:
        # A broker that goes is an AssertionError of mqtt_as 0.8.3, which it prints.
        assert MQTT_AS or 'Traceback' not in console, console
