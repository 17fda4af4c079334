"""One target's run: what it has make set up, what it executes, and the counts of it."""

import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict

from interpreters import BUILD, ROOT

PYTEST = sys.executable, '-m', 'pytest'
OPTIONS = '-q', '--no-header', '-p', 'no:cacheprovider'


class SetupFailed(Exception):
    """make could not set up what a target needs; its message is in the log."""


def count(passed=0, failed=0, skipped=0):
    return Counter(passed=passed, failed=failed, skipped=skipped)


def junit_counts(report):
    """By test function: pytest reports each subtest beside the test that it is a part of."""
    outcomes = {}
    for case in ElementTree.parse(report).iter('testcase'):
        worst = outcomes.setdefault((case.get('classname'), case.get('name')), set())
        worst.update(child.tag for child in case)
    failed = sum(bool(tags & {'failure', 'error'}) for tags in outcomes.values())
    skipped = sum('skipped' in tags for tags in outcomes.values())
    return count(len(outcomes) - failed - skipped, failed, skipped)


class Job:
    """All that it prints goes to its log, to be shown whole when it has ended."""

    locks = defaultdict(threading.Lock)
    made = set()
    stopped = False  # by Ctrl-C, which has ended what ran: no job starts anything more

    def __init__(self, name):
        self.name = name
        self.what = ''  # what was run, in its own words
        self.log = BUILD / 'test' / f'{name}.log'
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b'')

    def print(self, *words):
        with self.log.open('a') as out:
            print(*words, file=out)

    def call(self, command, **options):
        """Run a command; its exit code and what it printed."""
        if self.stopped:
            raise SetupFailed('stopped')
        with self.log.open('ab') as out:
            start = out.tell()
            process = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, **options)
        return process.returncode, self.log.read_bytes()[start:].decode(errors='replace')

    def make(self, *words):
        """Have make set something up, once for all jobs; SetupFailed if it can't."""
        # Not as a part of the make that runs the tests.
        outer = 'MAKEFLAGS', 'MAKELEVEL', 'MFLAGS'
        env = {name: value for name, value in os.environ.items() if name not in outer}
        with self.locks[words]:
            if words in self.made:
                return
            if self.call(['make', '-s', *words], cwd=ROOT, env=env)[0]:
                raise SetupFailed(f'make {" ".join(words)} failed')
            self.made.add(words)

    def pytest(self, *args, part='', python=PYTEST, **options):
        """Run pytest; its counts. `part` tells the reports of one job apart."""
        report = self.log.with_name(f'{self.name}{part}.xml')
        report.unlink(missing_ok=True)
        self.call([*python, *OPTIONS, f'--junitxml={report}', *args], **options)
        return junit_counts(report) if report.exists() else count(failed=1)
