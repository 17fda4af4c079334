"""What make starts ends in one line when it is called wrongly, and in silence with Ctrl-C."""

import os
import signal
import subprocess
import sys

import pytest
from interpreters import ROOT

ENV = {**os.environ, 'PYTHONPATH': 'tests:ports'}
WRONG = {
    'fuzz': (['-m', 'fuzz', 'long', ''], 'SECONDS=long is no number'),
    'fuzz seed': (['-m', 'fuzz', '5', 'x'], 'SEED=x is no number'),
    'fuzz names': (['-m', 'fuzz', '5', '', 'x'], 'no fuzzer x: FUZZERS is some of '),
    'mutants': (['-m', 'mutants', 'c', 'x', ''], 'SAMPLE=x is no number'),
    'bench': (['tests/bench', 'x'], ': error: no part x: PART is some of '),
    'soak': (['tests/soak/soak.py', '--seconds', 'x'], "invalid float value: 'x'"),
    'soak name': (['tests/soak/soak.py', 'x'], 'no interpreter x: it is some of '),
    'run': (['tests/run.py', '--x'], 'no target --x'),
    'debian': (['tools/debian.py', '--x'], 'the following arguments are required'),
    'machine': (['tools/machine.py', '--x'], 'the following arguments are required'),
}


@pytest.mark.parametrize('words, said', WRONG.values(), ids=WRONG)
def test_wrong_arguments(words, said):
    line = [sys.executable, *words]
    done = subprocess.run(line, cwd=ROOT, env=ENV, capture_output=True, text=True)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert 'Traceback' not in done.stderr


def test_ctrl_c():
    """As a terminal sends it: to all that have been started."""
    line = [sys.executable, '-m', 'fuzz', '60', '', 'codec']
    pipes = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, 'text': True}
    with subprocess.Popen(line, cwd=ROOT, env=ENV, start_new_session=True, **pipes) as process:
        assert process.stdout.readline().startswith('fuzz: 60 s each; SEED=')
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
    assert process.returncode == 130
