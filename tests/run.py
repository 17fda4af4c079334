"""Run the tests, target by target:  run.py [TARGET...]

A target is an interpreter, and says which codec it must have run. The end is one line per target
and the plain counts; the exit code is 1 if anything failed, or if a target ran nothing.
"""

import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter

from interpreters import BUILD, IMPL, ROOT, command

TESTS = ROOT / 'tests'
NATMOD_TESTS = TESTS / 'natmod' / 'test_mod_wscodec.py'  # for MicroPython with a natmod only
OPTIONS = '-q', '--no-header', '-p', 'no:cacheprovider'
COUNTS = re.compile(r'^(\d+) passed, (\d+) failed, (\d+) skipped$', re.MULTILINE)


def count(passed=0, failed=0, skipped=0):
    return Counter(passed=passed, failed=failed, skipped=skipped)


def pytest(name, *args, python=(sys.executable, '-m', 'pytest'), **options):
    """Run pytest; its counts."""
    report = BUILD / 'test' / f'{name}.xml'
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    subprocess.run([*python, *OPTIONS, f'--junitxml={report}', *args], **options)
    if not report.exists():
        return count(failed=1)
    # By test function: pytest reports each subtest beside the test that it is a part of.
    outcomes = {}
    for case in ElementTree.parse(report).iter('testcase'):
        worst = outcomes.setdefault((case.get('classname'), case.get('name')), set())
        worst.update(child.tag for child in case)
    failed = sum(bool(tags & {'failure', 'error'}) for tags in outcomes.values())
    skipped = sum('skipped' in tags for tags in outcomes.values())
    return count(len(outcomes) - failed - skipped, failed, skipped)


def cpython(name):
    ignored = [f'--ignore={path}' for path in (NATMOD_TESTS, TESTS / 'server')]
    results = pytest(name, *ignored, 'tests', cwd=ROOT)
    return results + server_tests(name)


def micropython(name):
    """The same files as on CPython, less those that need CPython; then the server tests."""
    modules = sorted((TESTS / 'python').glob('test_*.py'))
    if IMPL[name] == 'native':
        modules.append(NATMOD_TESTS)
    folders = [TESTS / 'micropython', TESTS, TESTS / 'python', TESTS / 'natmod']
    interpreter, env = command(name, *folders)
    script = str(TESTS / 'micropython' / 'main.py')
    arguments = [*interpreter, script, IMPL[name], *(path.stem for path in modules)]
    process = subprocess.run(arguments, env=env, stdout=subprocess.PIPE, text=True)
    print(process.stdout, end='')
    counts = COUNTS.search(process.stdout)
    if not counts:
        print(f'{name}: the tests did not come to their end')
        return count(failed=1)
    results = count(*map(int, counts.groups()))
    if process.returncode and not results['failed']:
        results['failed'] += 1
    return results + server_tests(name)


def server_tests(name):
    return pytest(f'{name}-server', f'--server={name}', 'tests/server', cwd=ROOT)


def microdot(name):
    """Microdot's own tests of its module, with this package in its place."""
    from microdot_suite import fetch, versions

    source = fetch(versions()[name])
    tests = [f'tests/test_{part}.py' for part in ('websocket', 'asgi', 'wsgi')]
    python = (sys.executable, str(TESTS / 'microdot_suite.py'))
    return pytest(name, *tests, python=python, cwd=source)


TARGETS = {
    'cpython': cpython,
    'unix': micropython,
    'unix-twin': micropython,
    'unix-i386': micropython,
    'microdot-newest': microdot,
    'microdot-oldest': microdot,
}
# On request only: another architecture's package lists, for 32 bits as boards have them.
DEFAULT = [name for name in TARGETS if name != 'unix-i386']


def describe(name):
    """What a target is, as it says itself."""
    if TARGETS[name] is microdot:
        from microdot_suite import versions

        return f'Microdot {versions()[name]} on CPython'
    code = (
        'import sys; from microdot_websocket import codec; '
        'print(sys.implementation.name, ".".join([str(n) for n in sys.implementation[1][:3]]), '
        '"codec:", codec.IMPL)'
        if name != 'cpython'
        else 'import platform; from microdot_websocket import codec; '
        'print("cpython", platform.python_version(), "codec:", codec.IMPL)'
    )
    interpreter, env = command(name)
    process = subprocess.run([*interpreter, '-c', code], env=env, capture_output=True, text=True)
    return (process.stdout or process.stderr).strip().splitlines()[-1]


def main(names):
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        sys.exit(f'no target {", ".join(unknown)}: TARGETS is some of {", ".join(TARGETS)}')
    lines = []
    total = count()
    for name in names or DEFAULT:
        started = time.monotonic()
        print(f'== {name}', flush=True)
        results = TARGETS[name](name)
        if not results['passed'] and not results['failed']:
            results['failed'] = 1  # a target that ran nothing proves nothing
        total += results
        seconds = time.monotonic() - started
        lines.append(
            f'{name:16} {describe(name):40} {results["passed"]:5} passed '
            f'{results["failed"]:3} failed {results["skipped"]:3} skipped {seconds:5.0f} s'
        )
    print('\n' + '\n'.join(lines))
    print(f'{total["passed"]} passed, {total["failed"]} failed, {total["skipped"]} skipped')
    return 1 if total['failed'] or total['skipped'] else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
