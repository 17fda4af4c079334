"""The test runner itself: a run that is not what it is for must fail."""

import re
import socket
import subprocess
import sys

import pytest
from interpreters import ROOT, command, free_port
from job import Job, SetupFailed
from run import failures, main
from targets import GROUPS, ON_DEMAND, TARGETS, few


def test_a_native_run_without_the_natmod_fails():
    interpreter, env = command('unix-twin', ROOT / 'tests', ROOT / 'tests' / 'python')
    script = ROOT / 'tests' / 'micropython' / 'main.py'
    process = subprocess.run(
        [*interpreter, script, 'native', 'test_init'], env=env, capture_output=True, text=True
    )
    assert process.returncode == 1
    assert 'FAILED this run is for the native codec, but codec.IMPL is python' in process.stdout
    assert process.stdout.endswith('\n0 passed, 1 failed, 0 skipped\n')


def test_ctrl_c_starts_nothing_more(monkeypatch):
    def stopped(job):
        raise KeyboardInterrupt

    monkeypatch.setattr(Job, 'stopped', False)
    monkeypatch.setattr('run.KNOWN', {'test-run': stopped})
    with pytest.raises(KeyboardInterrupt):
        main(['test-run'])
    with pytest.raises(SetupFailed, match='stopped'):
        Job('test-run').call(['true'])


def test_counts(tmp_path):
    (tmp_path / 'test_x.py').write_text(
        'import pytest, unittest\n'
        'def test_passes(): pass\n'
        'def test_fails(): assert 0\n'
        '@pytest.mark.skip\ndef test_skipped(): pass\n'
        '@pytest.fixture\ndef broken(): assert 0\n'
        'def test_error(broken): pass\n'
        'class TestSub(unittest.TestCase):\n'
        '    def test_sub(self):\n'
        '        for i in range(3):\n'
        '            with self.subTest(i=i):\n'
        '                self.assertNotEqual(i, 1)\n'
    )
    counts = Job('test-run').pytest('--rootdir', tmp_path, tmp_path)
    assert counts == {'passed': 1, 'failed': 3, 'skipped': 1}


def test_a_run_that_does_not_come_to_its_end_fails(tmp_path):
    (tmp_path / 'test_x.py').write_text('import os\ndef test(): os._exit(0)\n')
    assert Job('test-run').pytest(tmp_path)['failed'] == 1


def test_failures_are_told_again():
    log = 'a.\nFAILED tests/x.py::test - assert 0\nERROR tests/x.py::test_2\n2 failed\n'
    assert failures('unix', log) == [
        'unix: FAILED tests/x.py::test - assert 0',
        'unix: ERROR tests/x.py::test_2',
    ]
    assert failures('rp2', '1\n2\n3\nTimeout: no answer\n') == [
        'rp2: 2',
        'rp2: 3',
        'rp2: Timeout: no answer',
    ]


def test_a_free_port_is_kept_for_its_server():
    address = '127.0.0.1', free_port()
    with socket.socket() as s, pytest.raises(OSError):
        s.bind(address)
    with socket.create_server(address) as s:  # it sets SO_REUSEADDR
        assert s.getsockname() == address


def test_what_make_cannot_set_up():
    job = Job('test-run')
    with pytest.raises(SetupFailed, match='^make no-such-goal failed$'):
        job.make('no-such-goal')
    assert "No rule to make target 'no-such-goal'" in job.log.read_text()


def test_the_workflow_names_targets():
    workflow = (ROOT / '.github' / 'workflows' / 'ci.yml').read_text()
    named = ' '.join(re.findall('targets: ([^$}\n]+)', workflow)).split()
    assert 'rp2' in named
    assert set(named) <= set(TARGETS)


def test_unknown_target():
    script = ROOT / 'tests' / 'run.py'
    process = subprocess.run([sys.executable, script, 'esp99'], capture_output=True, text=True)
    assert process.returncode == 1
    first, *lines = process.stderr.splitlines()
    assert first == 'no target esp99'
    assert max(map(len, lines)) <= 90
    assert set(TARGETS) <= set(' '.join(lines).split())
    assert len(lines) < 20


def test_groups_hold_each_target_once():
    named = [name for group in GROUPS.values() for name in group if name in TARGETS]
    assert sorted(named) == sorted(TARGETS)
    assert not set(GROUPS) & {*TARGETS, *ON_DEMAND}
    assert {name for group in GROUPS.values() for name in group} <= {*TARGETS, *ON_DEMAND}


def test_some_modules_on_cpython():
    job = Job('test-run')
    job.name = 'cpython'
    assert few(job, ['test_timer'])['failed'] == 0
    assert not few(job, ['test_no_such'])['passed']  # which run() counts as a failure
    job.name = 'soak'
    with pytest.raises(SetupFailed, match='goes with cpython'):
        few(job, ['test_timer'])
