"""MQTT over a WebSocket, with mosquitto's listener for that."""

import subprocess
from pathlib import Path

import pytest
from interpreters import BUILD, IMPL, ROOT, command

HERE = Path(__file__).parent


@pytest.mark.parametrize('name', ['unix', 'unix-twin', 'cpython'])
def test_mqtt(name, broker):
    path = ROOT / 'tests' / 'server', HERE, BUILD / 'mqtt' / 'lib'
    arguments, env = command(name, *path, target=f'mqtt-{name}')
    words = [str(HERE / 'stream_app.py'), IMPL[name], str(broker.web_port)]
    done = subprocess.run(
        [*arguments, *words],
        env=env,
        timeout=60,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert [line for line in lines if line[:2] == 'by'] == ['by hand', 'by a library'], done.stdout
    assert done.returncode == 0, done.stdout
