"""A Microdot application as a process of its own, on any of the interpreters."""

import json
import socket
import subprocess
import tempfile
import time
import urllib.request

from interpreters import ROOT, command, free_port

APPLICATION = ROOT / 'tests' / 'server'  # the folder of what applications begin and end with


class Server:
    """A running application; `console` is what it has printed when it has been stopped.

    'PORT' in its arguments stands for a free port. `tls`: the ssl.SSLContext that clients need,
    if it serves TLS. `path`: folders it imports from. `port`: not any free one, but this. The
    options are those of command().
    """

    def __init__(self, name, script, *args, tls=None, path=(), port=None, **options):
        self.name = name
        self.tls = tls
        self.port = port or free_port()
        interpreter, env = command(name, APPLICATION, *path, **options)
        words = [str(arg).replace('PORT', str(self.port)) for arg in args]
        self.console = ''
        self._output = tempfile.TemporaryFile('w+')  # a pipe can fill up, and stop the server
        self.process = subprocess.Popen(
            [*interpreter, str(script), *words],
            env=env,
            cwd=ROOT,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        self.wait()

    def wait(self):
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.connect().close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise RuntimeError(f'{self.name} does not serve: {self.stop()}')

    def connect(self):
        s = socket.create_connection(('127.0.0.1', self.port), timeout=10)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(s, server_hostname='127.0.0.1') if self.tls else s

    def url(self, path, scheme='ws'):
        return f'{scheme}{"s" if self.tls else ""}://127.0.0.1:{self.port}{path}'

    def get(self, path):
        url = self.url(path, 'http')
        with urllib.request.urlopen(url, timeout=10, context=self.tls) as response:
            return response.read()

    def ends(self):
        """(path, close code) of the connections that ended since the last call."""
        return json.loads(self.get('/ends'))['ends']

    def stop(self):
        if not self._output.closed:
            self.process.kill()
            self.process.wait()
            self._output.seek(0)
            self.console += self._output.read()
            self._output.close()
        return self.console
