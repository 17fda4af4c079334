"""A server with a relay, as a process."""

import json
import os
import time
from pathlib import Path

from interpreters import BUILD, IMPL
from server_process import Server

HERE = Path(__file__).parent
# What each runs on, and speaks MQTT with.
SERVERS = {'unix': 'over_tcp', 'unix-twin': 'over_websocket', 'cpython': 'of_aiomqtt'}
MQTT_AS = os.environ.get('MQTT_AS')  # the folder that mqtt_as is in: docs/testing.md
if MQTT_AS:
    SERVERS['unix'] = 'of_mqtt_as'


class Relayed(Server):
    """Connected to the broker, over one of adapters.py."""

    def __init__(self, name, adapter, broker):
        words = 'PORT', IMPL[name], adapter, broker.port, broker.web_port
        path = HERE, BUILD / 'mqtt' / 'lib', *filter(None, [MQTT_AS])
        super().__init__(name, HERE / 'relay_app.py', *words, path=path, target=f'mqtt-{name}')
        self.until(True)

    def state(self):
        return json.loads(self.get('/state'))

    def until(self, connected):
        deadline = time.monotonic() + 30
        while self.state()['connected'] != connected:
            assert time.monotonic() < deadline, self.stop()
            time.sleep(0.05)
