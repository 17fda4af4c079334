"""Clients as processes of their own, on any of the interpreters."""

import json
import re
import subprocess
import threading

from interpreters import IMPL, ROOT, command

SCRIPTS = ROOT / 'tests' / 'server'


def outcomes(name, *tries, **options):
    """What client_tries_app.py prints on that interpreter. The options are those of command()."""
    arguments, env = command(name, SCRIPTS, **options)
    script = SCRIPTS / 'client_tries_app.py'
    done = subprocess.run(
        [*arguments, str(script), IMPL[name]],
        env=env,
        timeout=60,
        input=json.dumps(tries) + '\n',
        stdout=subprocess.PIPE,
        text=True,
    )
    *found, left = json.loads(done.stdout)
    assert left == 0, f'{left} descriptors left: {found}'
    return found


class Client:
    """client_returns_app.py, which runs; `reasons` are those of its waits since it was open."""

    def __init__(self, name, url, **options):
        arguments, env = command(name, SCRIPTS, **options)
        script = SCRIPTS / 'client_returns_app.py'
        self.process = subprocess.Popen(
            [*arguments, str(script), IMPL[name], url], env=env, stdout=subprocess.PIPE, text=True
        )
        self.timer = threading.Timer(60, self.process.kill)  # then a line is missing
        self.timer.start()
        self.reasons = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.timer.cancel()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def line(self):
        line = self.process.stdout.readline()
        if line.startswith('retry '):
            _, delay, reason = line.rstrip().split(' ', 2)
            assert 0.025 <= float(delay) <= 3
            self.reasons.append(reason)
        return line.rstrip()

    def until_retry(self, pattern):
        """Wait for such a reason."""
        while True:
            line = self.line()
            assert line.startswith('retry '), (line, self.reasons)
            if re.search(pattern, self.reasons[-1]):
                return

    def until_open(self):
        """How often it has looked names up; the reasons on the way are in `reasons`."""
        self.reasons = []
        while True:
            line = self.line()
            if line.startswith('open '):
                return int(line.split()[1])
            assert line.startswith('retry '), (line, self.reasons)
