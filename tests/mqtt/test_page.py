"""The applications of docs/howto/mqtt.md, with the broker that is set up there."""

import asyncio
import hashlib
import json
import shutil
from base64 import b64encode
from pathlib import Path

import aiomqtt
import pytest
from interpreters import BUILD
from mosquitto import Mosquitto
from pages import applications, blocks
from running import CPYTHON, SECONDS, UNIX, Running

HERE = Path(__file__).parent
PAGE = 'docs/howto/mqtt.md'
USER, PASSWORD = 'boards', 'a secret of theirs'
ON_BOARD, ON_CPYTHON, SENSORS, OVER_WEBSOCKET = applications(PAGE)


class Application(Running):
    def serve(self):
        files = *HERE.glob('stand_in/*'), HERE / 'board_modules.py', BUILD / 'mqtt/lib/aiomqttc.py'
        for path in files:
            shutil.copy(path, self.folder)
        (self.folder / 'machine.py').unlink()  # board_modules.py has one
        text = (self.folder / 'main.py').read_text()
        (self.folder / 'main.py').write_text(f'import board_modules\n{text}')
        super().serve()


@pytest.fixture(scope='module')
def own_broker(tmp_path_factory):
    folder = tmp_path_factory.mktemp('mosquitto')
    (conf,) = [block.text for block in blocks(PAGE) if 'conf.d' in (block.title or '')]
    passwords = folder / 'passwords'
    salt = b'0123456789ab'  # what mosquitto_passwd writes
    digest = hashlib.pbkdf2_hmac('sha512', PASSWORD.encode(), salt, 101)
    code = '$7$101$' + b64encode(salt).decode() + '$' + b64encode(digest).decode()
    passwords.write_text(f'{USER}:{code}\n')
    conf = conf.replace('/etc/mosquitto/passwords', str(passwords))
    broker = Mosquitto(folder, f'user root\n{conf}')
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def start(own_broker, tmp_path):
    """Starts an application, which has another broker then."""

    def start(files, interpreter):
        folder = tmp_path / f'{interpreter}{len(list(tmp_path.iterdir()))}'
        folder.mkdir()
        files = {
            name: text.replace('10.0.0.4', '127.0.0.1')
            .replace('1883', str(own_broker.port))
            .replace('9001', str(own_broker.web_port))
            for name, text in files.items()
        }
        return Application(files, interpreter, folder)

    return start


def device(broker):
    return aiomqtt.Client('127.0.0.1', broker.port, username=USER, password=PASSWORD)


def run(coroutine):
    asyncio.run(asyncio.wait_for(coroutine, 2 * SECONDS))


def test_who_does_not_know_the_password(own_broker):
    async def main():
        with pytest.raises(aiomqtt.MqttError):
            async with aiomqtt.Client('127.0.0.1', own_broker.port):
                pass

    run(main())


def test_the_chat(own_broker, start):
    asked = 'is anybody there?'

    async def until_shared(first, second):
        """The relays need a moment."""
        while True:
            await first.send(asked)
            try:
                return await asyncio.wait_for(second.recv(), 0.2)
            except asyncio.TimeoutError:
                pass

    async def main():
        with start(ON_BOARD, UNIX) as board, start(ON_CPYTHON, CPYTHON) as server:
            at_board, at_server = await board.connect('/chat'), await server.connect('/chat')
            await until_shared(at_board, at_server)
            await until_shared(at_server, at_board)
            async with device(own_broker) as client:
                await client.subscribe('chat/#')
                for page, words in (at_board, 'from the board'), (at_server, 'from the server'):
                    await page.send(words)
                    for other in at_board, at_server:
                        while (got := await other.recv()) == asked:
                            pass
                        assert got == words
                    message = await client.messages.__anext__()
                    while message.payload == asked.encode():  # that came late
                        message = await client.messages.__anext__()
                    name, server_id, kind = message.topic.value.split('/')
                    assert (name, len(server_id), kind) == ('chat', 8, 'text')
                    assert message.payload == words.encode()

    run(main())


def test_sensors(own_broker, start):
    async def main():
        with start(SENSORS, CPYTHON) as app:
            page = await app.connect('/readings')
            async with device(own_broker) as client:
                await client.subscribe('lamps/#')
                message = None
                while not message:
                    await client.publish('sensors/door', '{"open": true}')
                    try:
                        message = await asyncio.wait_for(page.recv(), 0.2)
                    except asyncio.TimeoutError:
                        pass
                assert json.loads(message) == {'topic': 'sensors/door', 'value': {'open': True}}
                await page.send('on')
                message = await client.messages.__anext__()
                assert (message.topic.value, message.payload) == ('lamps/desk', b'on')

    run(main())


@pytest.mark.parametrize('interpreter', [UNIX, CPYTHON])
def test_over_a_websocket(interpreter, own_broker, start):
    async def main():
        with start(OVER_WEBSOCKET, interpreter) as app:
            await app.until_printed('sensors/desk 21.5')
            async with device(own_broker) as client:
                await client.publish('sensors/door', 'open')
                await app.until_printed('sensors/door open')

    run(main())
