"""An application of a page as a process, and what one needs to talk to it."""

import asyncio
import http.client
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import websockets
from interpreters import command, free_port

CPYTHON, UNIX = 'cpython', 'unix'
SECONDS = 20
CALL = re.compile(r'((?:run|serve)\(app|app\.run\()(?=\)|, (?!port))')  # that names no port


class Running:
    """An application, in a folder of its own."""

    def __init__(self, files, interpreter, folder):
        self.port = free_port()
        self.folder = folder
        self.interpreter = interpreter
        for name, text in {**files, **BESIDE}.items():
            if name.endswith('.py'):
                text = CALL.sub(rf'\1, port={self.port}', text).replace('app.run(, ', 'app.run(')
                text = text.replace('PORT = 5000', f'PORT = {self.port}')
            (folder / name).write_text(text.replace(':5000', f':{self.port}'))
        self.output = open(folder / 'output.txt', 'w+')
        self.serve()

    def serve(self):
        words = ['-m', 'microdot_websocket', 'serve'] if self.interpreter == CPYTHON else []
        self.process = self.start(*words, 'main.py')

    def start(self, *words):
        """Another program of the application's folder."""
        arguments, env = command(self.interpreter, self.folder)
        env = {**env, 'PYTHONUNBUFFERED': '1'}
        options = {'stdout': self.output, 'stderr': subprocess.STDOUT, 'text': True}
        return subprocess.Popen([*arguments, *words], cwd=self.folder, env=env, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.output.close()

    def printed(self):
        return (self.folder / 'output.txt').read_text()

    async def until_printed(self, words):
        await self.until(lambda: words in self.printed(), words)

    async def until(self, condition, what):
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f'{what}: {self.printed()}'
            await asyncio.sleep(0.02)

    async def connect(self, path, scheme='ws', **options):
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                url = f'{scheme}://127.0.0.1:{self.port}{path}'
                return await websockets.connect(url, compression=None, **options)
            except OSError:
                assert self.process.poll() is None, self.printed()
                assert time.monotonic() < deadline, 'it does not serve'
                await asyncio.sleep(0.02)

    async def get(self, path, data=None, headers=None):
        """(status, body, headers) of a response, redirects not followed."""
        url = f'http://127.0.0.1:{self.port}{path}'
        request = urllib.request.Request(url, data, headers or {})
        opener = urllib.request.build_opener(NoRedirects)
        try:
            response = await asyncio.to_thread(opener.open, request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return response.status, response.read().decode(), response.headers

    async def status(self, path, **headers):
        """With which the server refuses a connection; websockets reads no HTTP/1.0."""
        headers = {**HANDSHAKE, **headers}

        def ask():
            connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=SECONDS)
            connection.request('GET', path, headers=headers)
            return connection.getresponse().status

        await self.until_served()
        return await asyncio.to_thread(ask)

    async def until_served(self):
        def served():
            with socket.socket() as s:
                return s.connect_ex(('127.0.0.1', self.port)) == 0

        await self.until(served, 'it does not serve')


HANDSHAKE = {
    'Connection': 'Upgrade',
    'Upgrade': 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
}


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


# What a board has and this machine has not.
BESIDE = {
    'machine.py': (
        'import _thread, time\n'
        'def reset(): print("reset")\n'
        'class Pin:\n'
        '    IN = PULL_UP = IRQ_FALLING = 1\n'
        '    def __init__(self, *_): pass\n'
        '    def irq(self, handler, trigger):\n'
        '        _thread.start_new_thread(press, (self, handler))\n'
        'def press(pin, handler):\n'
        '    while True:\n'
        '        time.sleep(0.2)\n'
        '        handler(pin)\n'
    )
}
