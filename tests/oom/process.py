"""The application (app.py) as a process, with two connections that must not notice anything."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from frames import CONT, TEXT, frame
from interpreters import BUILD, ROOT, free_port, natmod

from .control import Control
from .peer import HANG, Ended, Peer, Wrong

PROGRAM = BUILD / 'bin' / 'micropython-oom'
ARCH = 'x64'


def stage(impl, lib):
    """Put what is put onto a board, with line numbers, into the folder lib; it."""
    script = ROOT / 'ports' / 'stage.py'
    natmods = natmod(ARCH).parent.glob('*.mpy') if impl == 'native' else ()
    command = [sys.executable, script, '--debug', lib, *natmods]
    subprocess.run(list(map(str, command)), check=True)
    return lib


class Process:
    def __init__(self, lib, impl, symbols):
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.control = Control(folder / 'control', symbols)
        self.port, self.second_port, port = free_port(), free_port(), free_port()
        self._console = open(folder / 'console', 'w+b')
        self._process = subprocess.Popen(
            [PROGRAM, Path(__file__).with_name('app.py'), str(self.port), str(port), impl],
            env={'OOM_CONTROL': str(folder / 'control'), 'MICROPYPATH': f'{lib}:.frozen'},
            stdout=self._console,
            stderr=subprocess.STDOUT,
        )
        self._channel = self._connect(port)
        self._answers = self._channel.makefile('rb')
        self._idle = self._connected()
        self._half = self.peer()
        self._half.send(frame(TEXT, 'begun, ', fin=False))
        self._half.ready()
        self._idle.echo()

    def _connect(self, port):
        deadline = time.monotonic() + 20
        while True:
            try:
                return socket.create_connection(('127.0.0.1', port), timeout=HANG)
            except OSError:
                if self.ended() or time.monotonic() > deadline:
                    raise RuntimeError(f'it does not serve: {self.console()}') from None
                time.sleep(0.005)

    def _connected(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                return self.peer()
            except Ended:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)

    def peer(self, *args, port=None, **options):
        return Peer(port or self.port, *args, **options)

    def ended(self):
        return self._process.poll() is not None

    def arm(self, n, k):
        """Let allocations fail from now on, once it waits for what comes."""
        stat = Path(f'/proc/{self._process.pid}/stat')
        while ') R ' in stat.read_text():
            time.sleep(0.001)
        self.control.arm(n, k)

    def measure(self, *command):
        """What it holds, once it has done what second.py has for the command: see control() of
        app.py; 'files' are those that are open."""
        try:
            self._channel.sendall(' '.join(map(str, command)).encode() + b'\n')
            line = self._answers.readline()
        except OSError:
            line = b''
        if not line:
            raise Wrong('the application does not answer')
        held = json.loads(line)
        held['files'] = len(os.listdir(f'/proc/{self._process.pid}/fd'))
        return held

    def wait_for_end(self):
        """Wrong if the second server does not end."""
        deadline = time.monotonic() + HANG
        while self.measure()['served']:
            if time.monotonic() > deadline:
                raise Wrong('the second server does not end')
            time.sleep(0.01)
        try:
            self.peer(port=self.second_port, upgrade=False)
        except Ended:
            return
        raise Wrong('the second server still listens')

    def interrupt(self):
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def bystanders(self):
        """Wrong if the two connections that had nothing to do with it are not as they were."""
        try:
            self._idle.echo('still there?')
            self._half.send(frame(CONT, 'and ended'))
            self._half.expect(0x81, 'begun, and ended')
            self._half.send(frame(TEXT, 'begun, ', fin=False))
        except (Ended, Wrong) as exc:
            raise Wrong(f'another connection: {exc.args[0]}') from None

    def next_client(self):
        try:
            peer = self.peer()
            peer.echo()
            peer.over()
        except (Ended, Wrong) as exc:
            raise Wrong(f'the next client: {exc.args[0]}') from None

    def limit_holds(self):
        """Wrong if the timer does not end a frame that never ends."""
        try:
            peer = self.peer('/impatient')
            peer.send(frame(TEXT, bytes(50))[:20])
            peer.until('close 1008')
            peer.close()
        except (Ended, Wrong) as exc:
            raise Wrong(f'the timer: {exc.args[0]}') from None

    def console(self):
        with open(self._console.name, 'rb') as file:
            return file.read().decode(errors='replace')

    def stop(self):
        self._process.kill()
        self._process.wait()
        for peer in (self._idle, self._half):
            peer.close()
        self._channel.close()
        self._console.close()
        self._folder.cleanup()

    def exit_code(self, seconds=1):
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
