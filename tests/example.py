"""A program of examples/ as a process, with another port, in a folder of its own."""

import re
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager

from interpreters import BUILD, HEAP, IMPL, ON_CPYTHON, ROOT, command, free_port
from mosquitto import Mosquitto
from remote import compile_module

EXAMPLES = ROOT / 'examples'
PAGES = sorted(path.parent.name for path in EXAMPLES.glob('*/index.html'))
# What is imported as mqtt_as, and what that needs.
MQTT = ROOT / 'tests/mqtt/stand_in', ROOT / 'tests/mqtt', BUILD / 'mqtt/lib'


class Example:
    """One that runs on an interpreter. `constants`: see changed()."""

    def __init__(self, name, server_name, folder, heap=HEAP, **constants):
        self.port = free_port()
        self.folder = folder
        self.log = folder / 'log'
        source = EXAMPLES / name
        if source.is_dir():
            shutil.copy(source / 'index.html', folder)
            text = changed((source / 'main.py').read_text(), PORT=self.port, **constants)
        else:
            text = ported(source.with_suffix('.py').read_text(), self.port)
        script = folder / 'main.py'
        script.write_text(text)
        path = () if server_name in ON_CPYTHON else MQTT
        arguments, env = command(server_name, folder, *path, heap=heap)
        words = ['-m', 'main']
        if server_name in ON_CPYTHON:
            words = ['-m', 'microdot_websocket', str(script)]
        else:  # a small heap has no room for the compiler's needs too
            compile_module(script, folder)
            script.unlink()
        env = {**env, 'PYTHONUNBUFFERED': '1', 'LISTEN': f'127.0.0.1:{self.port}'}
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(
                [*arguments, *words], env=env, cwd=folder, stdout=log, stderr=log
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def started(self):
        """The line that it prints before it serves, once it does."""
        deadline = time.monotonic() + 20
        while not self.serves() or not self.console().endswith('\n'):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f'the example does not serve: {self.console()}')
            time.sleep(0.02)
        return self.console().splitlines()[0]

    def serves(self):
        try:
            socket.create_connection(('127.0.0.1', self.port), timeout=10).close()
        except ConnectionRefusedError:
            return False
        return True

    def console(self):
        return self.log.read_text(errors='replace')


# What the second server runs on, of an example that needs two.
OTHER = {'unix': 'cpython', 'cpython': 'unix'}


@contextmanager
def broker_in(folder):
    broker = Mosquitto(folder)
    broker.start()
    yield broker
    broker.stop()


def url(example):
    return f'http://127.0.0.1:{example.port}/'


@contextmanager
def running(names, server_name, folder):
    """Examples with pages: {name: what a script that opens them has to know}."""
    with ExitStack() as stack:

        def start(name, server_name, place, **constants):
            place.mkdir()
            heap = '16m' if name == 'demo' else '2m'  # as they are run
            return stack.enter_context(Example(name, server_name, place, heap, **constants))

        constants, more = {'PING': 0.5, 'NAME': 'kitchen'}, {}
        if 'relay' in names:
            broker = stack.enter_context(broker_in(folder))
            constants['BROKER_PORT'] = broker.port
            theirs = {**constants, 'NAME': 'workshop'}
            other = start('relay', OTHER[server_name], folder / 'other', **theirs)
            more['relay'] = {'other': url(other), 'broker': broker.process.pid}
        examples = {name: start(name, server_name, folder / name, **constants) for name in names}
        yield {
            name: {
                'url': url(example),
                'password': example.started().rpartition(' ')[2],
                'folder': str(example.folder),
                'codec': IMPL[server_name],
                'endless': server_name in ON_CPYTHON,  # its memory
                **more.get(name, {}),
            }
            for name, example in examples.items()
        }
        for name, example in examples.items():
            assert 'main.py' not in example.console(), f'{name}: {example.console()}'


def changed(text, **constants):
    """A program with other constants, those that it has, and other results of its functions."""
    for name, value in constants.items():
        text = re.sub(rf'^{name} = .*$', f'{name} = {value!r}', text, flags=re.MULTILINE)
        text = re.sub(
            rf'^(def {name}\(.*\):)$', rf'\1\n    return {value!r}', text, flags=re.MULTILINE
        )
    return text


def ported(text, port):
    """A program of one call that serves, with a port."""
    assert text.count('app.run()') == 1
    return text.replace('app.run()', f'app.run(port={port})')
