"""What counts as a failure of a run of Autobahn|Testsuite, and what as one of its set-up."""

import json
import sys

import pytest

import autobahn
from autobahn.report import CASES, INFORMATIONAL, SAMPLE, SAMPLED, Report, left_out

GROUPS = list(CASES)
TO_RUN = {**CASES, **{group: n * len(SAMPLE) for group, n in SAMPLED.items()}}
TOTAL = sum(TO_RUN.values())


def result(behavior='OK', close='OK'):
    return {
        'behavior': behavior,
        'behaviorClose': close,
        'duration': 3,
        'remoteCloseCode': 1000,
        'reportfile': 'agent_case.json',
    }


@pytest.fixture
def results():
    """As a faultless run has them: as many cases in each group as there are."""
    informational = {case: result('INFORMATIONAL', 'INFORMATIONAL') for case in INFORMATIONAL}
    ordinary = {
        f'{group}.0.{i}': result()
        for group in GROUPS
        for i in range(TO_RUN[group] - (len(informational) if group == '7' else 0))
    }
    return {**ordinary, **informational}


def test_a_faultless_run(results):
    report = Report(results)
    assert report.counts == {'passed': TOTAL, 'failed': 0, 'skipped': 0}
    first, second = str(report).splitlines()
    assert first == f'{TOTAL} cases: {TOTAL - 3} OK, 3 INFORMATIONAL'
    assert second == 'left out: 75 in 12.*, 105 in 13.*'


def test_the_whole(results):
    for i, case in enumerate(left_out(whole=False)):
        results[f'{case.partition(".")[0]}.1.{i}'] = result()
    assert left_out(whole=True) == []
    report = Report(results, whole=True)
    assert report.counts == {'passed': sum(CASES.values()), 'failed': 0, 'skipped': 0}
    assert str(report).splitlines()[1] == 'left out: none'


def test_the_whole_lacks_a_sample(results):
    missing = [failure.partition(',')[0] for failure in Report(results, whole=True).failures]
    assert missing == ['group 12: 15 of 90 cases were run', 'group 13: 21 of 126 cases were run']


def test_what_is_left_out_can_be():
    """Cases of which the suite has 18 in each subgroup."""
    cases = left_out(whole=False)
    assert len(set(cases)) == len(cases) == 216 - 36
    assert {case.split('.')[1] for case in cases if case.startswith('12.')} == set('12345')
    assert {int(case.split('.')[2]) for case in cases} == set(range(1, 19)) - set(SAMPLE)


@pytest.mark.parametrize(
    ('case', 'behavior', 'close'),
    [
        ('6.0.4', 'NON-STRICT', 'OK'),
        ('5.0.3', 'FAILED', 'OK'),
        ('1.0.1', 'INFORMATIONAL', 'OK'),
        ('1.0.1', 'UNIMPLEMENTED', 'OK'),
        ('7.0.2', 'OK', 'UNCLEAN'),
        ('7.0.2', 'OK', 'WRONG CODE'),
        ('7.0.2', 'OK', 'FAILED BY CLIENT'),
        ('7.0.2', 'OK', 'INFORMATIONAL'),
        ('7.1.6', 'INFORMATIONAL', 'UNCLEAN'),
        ('7.13.1', 'NON-STRICT', 'INFORMATIONAL'),
    ],
)
def test_a_case_that_is_not_ok(results, case, behavior, close):
    results[case] = result(behavior, close)
    report = Report(results)
    assert report.counts == {'passed': TOTAL - 1, 'failed': 1, 'skipped': 0}
    line = f'FAILED {case}: {behavior}, close {close} (the code sent: 1000), see agent_case.html'
    assert str(report).splitlines()[2:] == [line]


@pytest.mark.parametrize('group', GROUPS)
def test_a_missing_case(results, group):
    del results[next(case for case in results if case.startswith(f'{group}.'))]
    report = Report(results)
    assert report.counts == {'passed': TOTAL - 1, 'failed': 1, 'skipped': 0}
    n = TO_RUN[group]
    assert report.failures == [f'group {group}: {n - 1} of {n} cases were run']


@pytest.mark.parametrize('group', [*SAMPLED, '11'])
def test_a_case_too_many(results, group):
    results[f'{group}.1.1'] = result()
    n = TO_RUN.get(group, 0)
    assert Report(results).failures == [f'group {group}: {n + 1} of {n} cases were run']


def test_failures_are_in_order(results):
    results['10.0.0'] = results['9.0.1'] = results['9.0.10'] = result('FAILED')
    del results['2.0.0']
    report = Report(results, ['a fault'])
    assert [failure.split(':')[0] for failure in report.failures] == [
        '9.0.1',
        '9.0.10',
        '10.0.0',
        'group 2',
        'a fault',
    ]


def test_no_results():
    assert Report({}).counts == {'passed': 0, 'failed': len(GROUPS), 'skipped': 0}


@pytest.fixture
def run(tmp_path):
    """run(code): a Report with a client that is a few lines of Python."""

    def run(code):
        client = tmp_path / 'client'
        client.write_text(f'#!{sys.executable}\nimport json, sys\n{code}\n')
        client.chmod(0o755)
        return autobahn.run('cpython', tmp_path / 'reports', wstest=client)

    return run


WRITE = """
spec = json.load(open(sys.argv[-1]))
with open(spec['outdir'] + '/index.json', 'w') as index:
    json.dump({spec['servers'][0]['agent']: %s}, index)
"""


def test_a_run(run, results):
    assert run(WRITE % json.dumps(results)).failures == []


def test_the_results_of_an_earlier_run_do_not_count(run, results):
    run(WRITE % json.dumps(results))
    assert run('').counts == {'passed': 0, 'failed': len(GROUPS), 'skipped': 0}


def test_a_client_that_fails(run, results, tmp_path):
    report = run(WRITE % json.dumps(results) + 'sys.exit(3)')
    log = tmp_path / 'reports' / 'wstest.log'
    assert report.failures == [f'the client has ended with exit code 3, see {log}']


def test_a_client_that_does_not_end(run, monkeypatch, tmp_path):
    monkeypatch.setattr(autobahn, 'PATIENCE', 0.1)
    log = tmp_path / 'reports' / 'wstest.log'
    fault = f'the client has not ended within 0.1 s, see {log}'
    assert run('import time; time.sleep(60)').failures[-1] == fault


def test_a_server_with_another_codec(run, monkeypatch):
    monkeypatch.setitem(autobahn.IMPL, 'cpython', 'native')
    fault = 'this server is for the native codec, but codec.IMPL is python\n'
    assert run('').failures[-1] == f'cpython does not serve: {fault}'


def test_a_server_that_prints_something(run, monkeypatch, results, tmp_path):
    """Which it does when an exception gets away."""
    server = tmp_path / 'server.py'
    server.write_text(
        'import socket, sys\n'
        's = socket.create_server(("127.0.0.1", int(sys.argv[1])))\n'
        'print("Traceback", flush=True)\n'
        'while True: s.accept()\n'
    )
    monkeypatch.setattr(autobahn, 'ECHO', server)
    report = run(WRITE % json.dumps(results))
    assert report.failures == ['the server printed: Traceback\n']
