"""Run the tests, target by target, two at a time:  run.py [TARGET...] [--modules TEST_MODULE...]

A target is an interpreter or an emulated board: make sets it up, and it says which codec it must
have run. The end is one line per target, what failed, and the plain counts; the exit code is 1 if
anything failed, if a target could not be set up, or if it ran nothing.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from job import Job, SetupFailed, count
from targets import GROUPS, ON_DEMAND, TARGETS, few, listing

AT_ONCE = 2
KNOWN = {**TARGETS, **ON_DEMAND}
printing = threading.Lock()


def failures(name, log):
    """The lines of a target's log that say what failed; its last ones if none does."""
    lines = log.splitlines()
    telling = [line for line in lines if line.startswith(('FAILED ', 'ERROR '))]
    return [f'{name}: {line}' for line in telling or lines[-3:]]


def run(name, modules=()):
    """(line, failures, counts) of one target, or of some test modules on it; its log is printed
    when it has ended."""
    job = Job(name)
    started = time.monotonic()
    try:
        results = few(job, modules) if modules else KNOWN[name](job)
    except SetupFailed as error:
        job.print(f'{name}: {error}')
        results = count(failed=1)
    if not results['passed'] and not results['failed']:
        results['failed'] = 1  # a target that ran nothing proves nothing
    line = (
        f'{name:18} {job.what:60} {results["passed"]:5} passed {results["failed"]:3} failed '
        f'{results["skipped"]:3} skipped {time.monotonic() - started:5.0f} s'
    )
    log = job.log.read_text(errors='replace')
    with printing:
        print(f'== {name}\n{log}', end='', flush=True)
    return line, failures(name, log) if results['failed'] else [], results


def main(words):
    names, modules = words, []
    if '--modules' in words:
        at = words.index('--modules')
        names, modules = words[:at], words[at + 1 :]
    names = [target for name in names for target in GROUPS.get(name, [name])]
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        sys.exit('\n'.join([f'no target {", ".join(unknown)}', *listing()]))
    default = ('cpython', 'unix') if modules else TARGETS
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            ran = list(pool.map(lambda name: run(name, modules), names or default))
        except KeyboardInterrupt:
            Job.stopped = True
            pool.shutdown(cancel_futures=True)
            raise
    total = sum((results for _, _, results in ran), count())
    lines = [line for line, _, _ in ran]
    lines += [failure for _, failed, _ in ran for failure in failed]  # again: the logs are long
    print('\n' + '\n'.join(lines))
    print(f'{total["passed"]} passed, {total["failed"]} failed, {total["skipped"]} skipped')
    return 1 if total['failed'] or total['skipped'] else 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
