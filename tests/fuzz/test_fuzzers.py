"""A short run of each fuzzer, the same each time; the corpus, without libFuzzer; and findings."""

import os
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreters import ROOT

from fuzz import examples, extension, libfuzzer
from fuzz.budget import Budget, Finding
from fuzz.libfuzzer import TARGETS, Target
from fuzz.one import FUZZERS

NATMOD = ROOT / 'tests' / 'natmod'
CPYTHON = ROOT / 'tests' / 'python' / 'cpython'

CORE_TARGETS = [target for target in TARGETS if libfuzzer.CORE in target.sources]

# One byte more is read than there is.
TOO_FAR = """
#define ws_utf8 right
#include "{}"
#undef ws_utf8
int ws_utf8(const uint8_t *buf, size_t len, int state) {{
    return len > 3 ? (right(buf, len + 1, state), right(buf, len, state)) : right(buf, len, state);
}}
"""


def run(*words):
    """(exit code, output) of a module of the fuzzers."""
    env = {**os.environ, 'PYTHONPATH': str(ROOT / 'tests')}
    command = [sys.executable, '-m', *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, errors='replace')
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize('name', FUZZERS)
def test_short_run(name):
    code, output = run('fuzz.one', name, '', '1')
    assert code == 0, output
    assert re.match(rf'{name} +[1-9]\d+ executions, ', output)


@pytest.mark.parametrize('target', TARGETS, ids=lambda target: target.name)
def test_corpus(target):
    files = sorted(target.corpus.iterdir())
    assert files
    assert target.replay(files) == len(files)


@pytest.mark.parametrize('target', CORE_TARGETS, ids=lambda target: target.name)
def test_a_finding_in_c(target, tmp_path, monkeypatch):
    bad = tmp_path / 'bad.c'
    bad.write_text(TOO_FAR.format(libfuzzer.CORE))
    sources = [bad if source == libfuzzer.CORE else source for source in target.sources]
    for name in ('FOLDER', 'FINDINGS'):
        monkeypatch.setattr(libfuzzer, name, tmp_path)
    with pytest.raises(Finding, match='AddressSanitizer: heap-buffer-overflow') as caught:
        Target(target.name, sources, target.runs)(Budget())
    again = subprocess.run(caught.value.again.split(), capture_output=True, text=True)
    assert again.returncode
    assert 'heap-buffer-overflow' in again.stderr


def test_the_contract_on_the_extension():
    """With sanitizers."""
    files = [path for path in NATMOD.glob('test_mod_wscodec*.py') if 'text' not in path.name]
    files += NATMOD.glob('test_cpython_*.py')
    files += CPYTHON / 'test_transport_cpython.py', CPYTHON / 'test_transport_native.py'
    code, output = extension.run('pytest', '-q', '-p', 'no:cacheprovider', '--codec=native', *files)
    assert code == 0, output


def test_a_finding_by_example(tmp_path, monkeypatch):
    @given(n=st.integers(0, 1000))
    def small(n):
        assert n < 77

    for name in ('FOLDER', 'FINDINGS'):
        monkeypatch.setattr(examples, name, tmp_path)
    with pytest.raises(Finding, match=r'n=77') as caught:
        examples.Examples('small', [small], 1000)(Budget())
    assert caught.value.reproducer == tmp_path / 'small.txt'
    assert 'n=77' in caught.value.reproducer.read_text()


def test_no_such_fuzzer():
    code, output = run('fuzz', '', '', 'codex')
    assert code == 1
    assert output.startswith('no fuzzer codex: FUZZERS is some of ws_core, ws_protocol, ws_deflate')
