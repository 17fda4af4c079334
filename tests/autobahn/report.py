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
#: Of some groups only a sample is run unless the whole is asked for, which takes many minutes: how
#: many subgroups of the same cases they have, and which of those are run.
SAMPLED = {'12': 5, '13': 7}
SAMPLE = 1, 4, 11  # messages of 16 bytes, of 1 KiB, and of 8 KiB in fragments of 256 bytes

#: The cases without a right and wrong: they only show what a server does.
INFORMATIONAL = '7.1.6', '7.13.1', '7.13.2'


class Report:
    """The verdict on {case: result}, as the suite's index.json has it of one agent.

    `faults`: what else went wrong. `failures`: that, and what the results lack; a line each.
    `whole`: whether there must be all cases.
    """

    def __init__(self, results, faults=(), whole=False):
        self.results = results
        self.left_out = left_out(whole)
        bad = [case for case in sorted(results, key=number) if not is_good(case, results[case])]
        self.failures = [f'{case}: {describe(results[case])}' for case in bad]
        self.failures += [*miscounts(results, self.left_out), *faults]
        self.counts = count(passed=len(results) - len(bad), failed=len(self.failures))

    def __str__(self):
        behaviors = Counter(result['behavior'] for result in self.results.values())
        ran = ', '.join(f'{n} {behavior}' for behavior, n in behaviors.most_common())
        groups = Counter(case.partition('.')[0] for case in self.left_out)
        left_out = ', '.join(f'{n} in {group}.*' for group, n in groups.items())
        lines = [f'{len(self.results)} cases: {ran}', f'left out: {left_out or "none"}']
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


def left_out(whole):
    """The cases that are not to be run."""
    cases = []
    for group, subgroups in () if whole else SAMPLED.items():
        for subgroup in range(1, subgroups + 1):
            for i in range(1, CASES[group] // subgroups + 1):
                if i not in SAMPLE:
                    cases.append(f'{group}.{subgroup}.{i}')
    return cases


def miscounts(results, left_out):
    """A line for each group of which other than all cases were run that should have been."""
    ran = Counter(case.partition('.')[0] for case in results)
    to_run = Counter(CASES)
    to_run.subtract(case.partition('.')[0] for case in left_out)
    for group in sorted({*CASES, *ran}, key=int):
        if ran[group] != to_run[group]:
            yield f'group {group}: {ran[group]} of {to_run[group]} cases were run'
