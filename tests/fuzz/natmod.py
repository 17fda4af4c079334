"""natmod_vs_twin.py on this machine's MicroPython, a chunk of cases at a time."""

import os
import subprocess
from itertools import count

from interpreters import BUILD, HEAP, LIB, ROOT

from .budget import FINDINGS, Finding, Report

SCRIPT = ROOT / 'tests' / 'fuzz' / 'natmod_vs_twin.py'
PROGRAM = BUILD / 'bin' / 'micropython'
PATH = f'{LIB}:{ROOT}/tests:.frozen'
CHUNK = 2_000


def run(first, count, *more):
    """(exit code, output) of the script; a signal's exit code is negative."""
    command = [PROGRAM, '-X', f'heapsize={HEAP}', SCRIPT, str(first), str(count), *more]
    env = {**os.environ, 'MICROPYPATH': PATH}
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode(errors='replace')


def check(first):
    """Run one chunk; how many steps it was."""
    code, output = run(first, CHUNK)
    if not code:
        return int(output.split()[-1])
    if code < 0:  # it died: of the case that it names last
        output = run(first, CHUNK, 'trace')[1].strip().rpartition('\n')[2]
        output = f'{output}\nMicroPython ended with {code}'
    file = FINDINGS / 'natmod.txt'
    file.write_text(output)
    again = f'MICROPYPATH={PATH} {PROGRAM} {SCRIPT} {first} {CHUNK}'
    raise Finding(output, file, again)


def fuzz(budget):
    first = budget.seed * 1_000_000 % 2**30
    executions = 0
    for rounds in count(1):
        executions += check(first + (rounds - 1) * CHUNK)
        if budget.spent(rounds):
            return Report(executions, f'steps of cases from {first} on')
