"""The extension for CPython under AddressSanitizer and UndefinedBehaviorSanitizer: whole
connections, as websocket.py makes them. See one.py."""

import functools
import os
import re
import subprocess
import sys

from interpreters import ROOT

from .budget import FINDINGS, FOLDER, Finding, Report

SANITIZE = '-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
BUILT = FOLDER / 'extension'


@functools.lru_cache(None)
def environment():
    """For a Python that imports it; it is built."""
    words = 'build_ext', '--build-lib', BUILT, '--build-temp', BUILT / 'obj'
    env = {**os.environ, 'CFLAGS': SANITIZE, 'LDFLAGS': '-fsanitize=address,undefined'}
    command = [sys.executable, 'setup.py', '--quiet', *map(str, words)]
    subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    library = subprocess.run(
        ['gcc', '-print-file-name=libasan.so'], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    env = {
        **os.environ,
        'PYTHONPATH': f'{BUILT}:{ROOT / "tests"}',
        'PYTHONMALLOC': 'malloc',  # each object is a block of its own, which it watches
        'LD_PRELOAD': library,
        'ASAN_OPTIONS': 'detect_leaks=0',  # Python frees little at its end
    }
    check = 'from microdot_websocket.codec import IMPL; assert IMPL == "native"'
    subprocess.run([sys.executable, '-c', check], cwd=ROOT, env=env, check=True)
    return env


def run(*words):
    """(exit code, output) of a module in Python, which runs on it."""
    command = [sys.executable, '-X', 'faulthandler', '-m', *map(str, words)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, errors='replace'
    )
    return done.returncode, done.stdout + done.stderr


def fuzz(budget):
    seconds = '' if budget.seconds is None else str(budget.seconds)
    words = 'fuzz.one', 'websocket', seconds, budget.seed
    code, output = run(*words)
    found = re.match(r'websocket +(\d+) executions', output)
    if code or not found:
        file = FINDINGS / 'extension.txt'
        file.write_text(output)
        raise Finding(output, file, f'make fuzz FUZZERS=extension SEED={budget.seed}')
    return Report(int(found[1]), 'whole connections on the extension, with sanitizers')
