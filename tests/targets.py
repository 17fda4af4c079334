"""The targets of a test run: each sets itself up, runs, and returns its counts."""

import platform
import re
import sys

from interpreters import INTERPRETERS, ROOT, command
from job import count

TESTS = ROOT / 'tests'
NATMOD_TESTS = TESTS / 'natmod' / 'test_mod_wscodec.py'  # for MicroPython with a natmod only
COUNTS = re.compile(r'^(\d+) passed, (\d+) failed, (\d+) skipped$', re.MULTILINE)


def portable_tests(impl):
    """The modules that MicroPython runs too."""
    modules = sorted((TESTS / 'python').glob('test_*.py'))
    return [*modules, NATMOD_TESTS] if impl == 'native' else modules


def counts_in(job, code, output):
    """The counts that tests/micropython/main.py printed, whose exit code must be in accord."""
    job.what = job.what or output.splitlines()[0] if output else 'nothing'
    counts = COUNTS.search(output)
    if not counts:
        job.print(f'{job.name}: the tests did not come to their end')
        return count(failed=1)
    results = count(*map(int, counts.groups()))
    if code and not results['failed']:
        results['failed'] += 1
    return results


def cpython(job):
    job.what = f'CPython {platform.python_version()} codec: python'
    ignored = [f'--ignore={path}' for path in (NATMOD_TESTS, TESTS / 'server')]
    return job.pytest(*ignored, 'tests', cwd=ROOT) + server_tests(job)


def interpreter(job):
    """The same files as on CPython, less those that need CPython; then the server tests."""
    it = INTERPRETERS[job.name]
    for words in it.goals():
        job.make(*words)
    folders = [TESTS / 'micropython', TESTS, TESTS / 'python', TESTS / 'natmod']
    arguments, env = command(job.name, *folders)
    script = TESTS / 'micropython' / 'main.py'
    modules = [path.stem for path in portable_tests(it.impl)]
    results = counts_in(job, *job.call([*arguments, script, it.impl, *modules], env=env))
    return results + server_tests(job) if it.server else results


def server_tests(job):
    return job.pytest(f'--server={job.name}', 'tests/server', part='-server', cwd=ROOT)


def microdot(job):
    """Microdot's own tests of its module, with this package in its place."""
    from microdot_suite import fetch, versions

    version = versions()[job.name]
    job.what = f'Microdot {version} on CPython codec: python'
    tests = [f'tests/test_{part}.py' for part in ('websocket', 'asgi', 'wsgi')]
    python = (sys.executable, str(TESTS / 'microdot_suite.py'))
    return job.pytest(*tests, python=python, cwd=fetch(version))


TARGETS = {
    'cpython': cpython,
    **dict.fromkeys(INTERPRETERS, interpreter),
    'microdot-newest': microdot,
    'microdot-oldest': microdot,
}
