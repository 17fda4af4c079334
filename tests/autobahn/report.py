"""The verdict on a run of Autobahn|Testsuite: strict, and over all of its cases."""

from collections import Counter

from job import count

#: How many cases each group has, in version 0.8.2.
CASES = {
    '1': 16,  # framing
    '2': 11,  # pings and pongs
    '3': 7,  # reserved bits
    '4': 10,  # opcodes
    '5': 20,  # fragmentation
    '6': 145,  # UTF-8
    '7': 37,  # closing
    '9': 54,  # limits and performance: messages of up to 16 MiB
    '10': 1,  # automatic fragmentation
    '12': 90,  # compression of various payloads
    '13': 126,  # compression with various parameters
}
#: The groups that are not run.
NOT_IMPLEMENTED = ()

#: The cases without a right and wrong: they only show what a server does.
INFORMATIONAL = '7.1.6', '7.13.1', '7.13.2'


class Report:
    """The verdict on {case: result}, as the suite's index.json has it of one agent.

    `faults`: what else went wrong. `failures`: that, and what the results lack; a line each.
    """

    def __init__(self, results, faults=()):
        self.results = results
        bad = [case for case in sorted(results, key=number) if not is_good(case, results[case])]
        self.failures = [f'{case}: {describe(results[case])}' for case in bad]
        self.failures += [*miscounts(results), *faults]
        self.counts = count(passed=len(results) - len(bad), failed=len(self.failures))

    def __str__(self):
        behaviors = Counter(result['behavior'] for result in self.results.values())
        ran = ', '.join(f'{n} {behavior}' for behavior, n in behaviors.most_common())
        left_out = ', '.join(f'{CASES[group]} in {group}.*' for group in NOT_IMPLEMENTED)
        lines = [f'{len(self.results)} cases: {ran}', f'not implemented: {left_out or "none"}']
        return '\n'.join(lines + [f'FAILED {failure}' for failure in self.failures])


def number(case):
    """What to sort by: 9.2 comes before 10.1."""
    return [int(part) for part in case.split('.')]


def is_good(case, result):
    """Whether it is OK and its close too; NON-STRICT is a failure like any other."""
    good = {'OK', 'INFORMATIONAL'} if case in INFORMATIONAL else {'OK'}
    return {result['behavior'], result['behaviorClose']} <= good


def describe(result):
    page = result['reportfile'].replace('.json', '.html')
    words = '{behavior}, close {behaviorClose} (the code sent: {remoteCloseCode}), see {page}'
    return words.format(page=page, **result)


def miscounts(results):
    """A line for each group of which other than all cases were run."""
    ran = Counter(case.partition('.')[0] for case in results)
    for group in sorted({*CASES, *ran}, key=int):
        cases = 0 if group in NOT_IMPLEMENTED else CASES.get(group, 0)
        if ran[group] != cases:
            yield f'group {group}: {ran[group]} of {cases} cases were run'
