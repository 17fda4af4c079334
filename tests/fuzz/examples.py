"""What has hypothesis run a module's TESTS, functions of its @given."""

import functools
import traceback
from itertools import cycle

from hypothesis import HealthCheck, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from .budget import FINDINGS, FOLDER, Finding, Report

SETTINGS = settings(
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    # What was found is tried first the next time.
    database=DirectoryBasedExampleDatabase(FOLDER / 'examples'),
)


class Examples:
    """A fuzzer: rounds of so many examples of all tests until the budget is spent."""

    def __init__(self, name, tests, examples):
        self.name = name
        self.tests = [settings(SETTINGS, max_examples=examples)(test) for test in tests]
        self.executions = 0
        for test in self.tests:
            test.hypothesis.inner_test = self.counting(test.hypothesis.inner_test)

    def counting(self, check):
        @functools.wraps(check)
        def counted(**inputs):
            self.executions += 1
            # Known even if it ends the process.
            self.last.seek(0)
            self.last.write(f'{check.__name__}({inputs})\n')
            self.last.truncate()
            self.last.flush()
            return check(**inputs)

        return counted

    def __call__(self, budget):
        self.last = (FOLDER / f'{self.name}.last').open('w')
        for n, test in enumerate(cycle(self.tests), 1):
            rounds = n / len(self.tests)
            self.run(seed(budget.seed + n)(test))
            if rounds >= 1 and budget.spent(rounds):
                names = ', '.join(test.__name__ for test in self.tests)
                return Report(self.executions, f'examples of {names}')

    def run(self, test):
        try:
            test()
        except Exception as error:
            file = FINDINGS / f'{self.name}.txt'
            notes = '\n'.join(getattr(error, '__notes__', ()))
            file.write_text(f'{traceback.format_exc()}\n{notes}\n')
            output = f'{type(error).__name__}: {error}\n{notes}'
            raise Finding(output, file, f'make fuzz FUZZERS={self.name}') from error
