"""Node's ws, and a page in Chromium: the checks in checks.mjs."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from interpreters import BUILD

HERE = Path(__file__).parent
CHECKS = re.findall(r'^  async (\w+)\(WebSocket', (HERE / 'checks.mjs').read_text(), re.MULTILINE)


def node(script, server, *words, **env):
    """The results of all checks, as a script prints them."""
    command = ['node', str(BUILD / 'clients' / script), server.url(''), *words]
    done = subprocess.run(
        command, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True, timeout=400
    )
    assert done.returncode == 0
    return json.loads(done.stdout)


@pytest.fixture(scope='session', params=['ws', 'chromium'])
def results(request, server, certificate):
    if request.param == 'ws':
        return node('node.mjs', server, NODE_EXTRA_CA_CERTS=str(certificate.authority))
    return node('browser.mjs', server, str(BUILD / 'bin' / 'chromium'), certificate.spki)


@pytest.mark.parametrize('check', CHECKS)
def test_checks(results, check):
    assert results[check] is None


@pytest.mark.parametrize(
    ('script', 'words'), [('node.mjs', ()), ('browser.mjs', (str(BUILD / 'bin' / 'chromium'),))]
)
@pytest.mark.parametrize('check', ['compressed', 'compressedLarge'])
def test_compressed_both_ways(compressing_server, script, words, check):
    assert node(script, compressing_server, *words, CHECK=check) == {check: None}


def test_all_checks_are_known(results):
    assert sorted(results) == sorted(CHECKS)
