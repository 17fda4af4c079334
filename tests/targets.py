"""The targets of a test run: each sets itself up, runs, and returns its counts."""

import os
import platform
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from textwrap import wrap

import autobahn
from interpreters import BUILD, IMPL, INTERPRETERS, ON_CPYTHON, ROOT, command
from job import SetupFailed, count
from remote import BoardError, compile_tests, qemu, rp2040, stage_tests, wrong_natmods

TESTS = ROOT / 'tests'
NATMOD_TESTS = sorted((TESTS / 'natmod').glob('test_mod_ws*.py'))  # for C only
MICROPYTHON_TESTS = [  # not for the extension
    TESTS / 'natmod' / name for name in ('test_mod_wscodec_text.py', 'test_mod_wsdeflate.py')
]
EXTENSION_TESTS = [  # for that alone
    *sorted((TESTS / 'natmod').glob('test_cpython_*.py')),
    TESTS / 'python' / 'cpython' / 'test_transport_native.py',
]
USERMOD_TESTS = sorted((TESTS / 'natmod').glob('test_usermod_*.py'))  # for a firmware with C in it
MEASURED = 'natmod', 'python'  # the tests of the package itself, whose coverage counts
NOT_CPYTHON = (
    'bench',
    'boards',
    'clients',
    'dist',
    'fuzz',
    'mqtt',
    'oom',
    'server',
    'site',
)  # which need more
WHOLE = '-whole'  # behind the names of targets that leave nothing out
RP2_SAMPLE = 6  # each sixth module: cortex-m0 runs all of them on the same architecture
# Those that have the twin in memory besides the natmod, and much else.
ALONE = 'test_group', 'test_twin', 'test_twin_arguments', 'test_upgrade'
OOM_WAYS = 'one', 'five', 'cold', 'twin'  # of tests/oom/test_injection.py
COUNTS = re.compile(r'^(\d+) passed, (\d+) failed, (\d+) skipped$', re.MULTILINE)


@dataclass
class Emulated:
    """A board without a network that QEMU emulates whole."""

    machine: str  # see remote.py
    arch: str  # of its natmod
    wrong: str  # the architecture of a natmod that it must refuse
    sample: int = 1  # each so manieth test module runs, unless all are asked for


BOARDS = {
    # Slow, and rp2 runs on the same board.
    'rp2-mount': Emulated('RP2040', 'armv6m', wrong='armv7m', sample=12),
    'cortex-m0': Emulated('MICROBIT', 'armv6m', wrong='armv7m'),
    'cortex-m3': Emulated('MPS2_AN385', 'armv7m', wrong='armv7emdp', sample=3),
    'cortex-m4': Emulated('MPS2_AN386', 'armv7emsp', wrong='armv7emdp', sample=3),
    'cortex-m7': Emulated('MPS2_AN500', 'armv7emdp', wrong='rv32imc', sample=3),
    'riscv32': Emulated('VIRT_RV32', 'rv32imc', wrong='xtensawin'),  # all: no other target has it
}


def portable_tests(impl='native'):
    """The modules that MicroPython runs too."""
    modules = sorted((TESTS / 'python').glob('test_*.py'))
    return modules + NATMOD_TESTS if impl == 'native' else modules


def counts_in(job, code, output):
    """The counts that a script on MicroPython printed, with which its exit code must agree."""
    job.what = job.what or output.partition('\n')[0]
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
    ignored = [f'--ignore={path}' for path in (*NATMOD_TESTS, *EXTENSION_TESTS, *USERMOD_TESTS)]
    results = measured(job, '--codec=python', *ignored, *[TESTS / folder for folder in MEASURED])
    ignored = [f'--ignore={TESTS / folder}' for folder in (*NOT_CPYTHON, *MEASURED)]
    results += job.pytest(*ignored, 'tests', part='-tools', cwd=ROOT)
    return results + server_tests(job)


def cpython_native(job):
    """The tests of the package, and of the natmod, with the extension."""
    job.make('ext')
    job.what = f'CPython {platform.python_version()} codec: native'
    _, env = command(job.name)
    shared = [path for path in NATMOD_TESTS if path not in MICROPYTHON_TESTS]
    ignored = f'--ignore={TESTS / "python" / "cli"}'
    tests = TESTS / 'python', *shared, *EXTENSION_TESTS
    results = job.pytest('--codec=native', ignored, *tests, cwd=ROOT, env=env)
    return results + server_tests(job) + server_tests(job, 'uvloop')


def measured(job, *args):
    """pytest, with the branches of the package that it has run: too few of them are a failure."""
    coverage = sys.executable, '-m', 'coverage'
    config = f'--rcfile={TESTS / "coverage.ini"}'
    job.call([*coverage, 'erase', config], cwd=ROOT)
    results = job.pytest(*args, python=(*coverage, 'run', config, '-m', 'pytest'), cwd=ROOT)
    job.call([*coverage, 'combine', '--quiet', config], cwd=ROOT)
    too_few, report = job.call([*coverage, 'report', config], cwd=ROOT)
    share = re.search(r'^TOTAL .* (\S+%)$', report, re.MULTILINE)
    job.what += f' branches: {share[1] if share else "?"}'
    if too_few:
        job.print('FAILED tests/coverage.ini: fail_under')
    return results + count(failed=bool(too_few))


def name_of(job):
    """Of the interpreter that it runs on."""
    return job.name.partition(WHOLE)[0]


def make_natmods(job, *archs):
    for arch in filter(None, archs):
        job.make('natmod', f'ARCH={arch}')


def make_interpreter(job, name):
    it = INTERPRETERS[name]
    job.make(f'build/bin/{it.program}')
    make_natmods(job, it.arch)
    return it


def interpreter(job):
    """The same files as on CPython, less those that need CPython; then the server tests."""
    it = make_interpreter(job, name_of(job))
    make_natmods(job, it.wrong)
    modules = [path.stem for path in portable_tests(it.impl)]
    if not job.name.endswith(WHOLE):
        modules = modules[it.sample - 1 :: it.sample]
    if it.frozen:
        modules += [path.stem for path in USERMOD_TESTS]
    results = run_here(job, it, modules)
    if it.wrong:
        results += refusals(job, it)
    return results + server_tests(job) if it.server else results


def run_here(job, it, modules):
    """The counts of test modules on a MicroPython for this machine."""
    folders = [TESTS / name for name in ('micropython', '', 'contract', 'python', 'natmod')]
    arguments, env = command(name_of(job), *folders)
    script = TESTS / 'micropython' / 'main.py'
    return counts_in(job, *job.call([*arguments, script, it.impl, *modules], env=env))


def refusals(job, it):
    """With a natmod that this MicroPython cannot use, the package warns, and works."""
    folder = BUILD / 'test' / job.name / 'wrong'
    stage_tests(folder, it.arch, ['wrong_natmod'])
    script = TESTS / 'micropython' / 'wrong_natmod.py'
    arguments, env = command(name_of(job))
    env = {**env, 'MICROPYPATH': f'{folder}:.frozen'}
    results = count()
    for reason in wrong_natmods(folder, it.arch, it.wrong):
        results += counts_in(job, *job.call([*arguments, script, reason], env=env))
    return results


def server_tests(job, loop='asyncio'):
    """tests/server, on CPython also with uvloop: see tests/server/application.py."""
    env = {**os.environ, 'EVENT_LOOP': loop}
    part = f'-server-{loop}'
    name = name_of(job)
    words = [f'--server={name}', 'tests/server']
    if name in INTERPRETERS and not INTERPRETERS[name].tls:
        words += ['--ignore=tests/server/test_client_tls.py', '--ignore=tests/server/test_tls.py']
    return job.pytest(*words, part=part, cwd=ROOT, env=env)


def run_on(job, board, *words, folder=None):
    """The counts of a script's main() on a board."""
    try:
        output, failed = board.run(*words, folder=folder, timeout=900), False
    except BoardError as error:
        output, failed = str(error), True
    job.print(output.strip())
    return counts_in(job, failed, output)


def run_modules(job, board, modules, folder):
    """The counts of test modules on a board, which is reset behind each two: what their names take
    of its memory is never freed. So the largest comes with the smallest."""
    results = count()
    left = sorted(modules, key=lambda name: (folder / f'{name}.mpy').stat().st_size)
    while left:
        part = [left.pop()]
        if left and part[0] not in ALONE:
            part.append(left.pop(0))
        results += run_on(job, board, 'main', 'native', part, folder=folder)
    return results


def start(job, machine):
    """The emulated board, made if it must be."""
    job.make(f'emulator-{machine}')
    folder = BUILD / 'emulators' / machine
    return rp2040(folder) if machine == 'RP2040' else qemu(machine, folder / 'firmware.elf')


def emulated(job):
    """What runs without a network, and the natmods that the board must refuse."""
    name, whole, _ = job.name.partition(WHOLE)
    it = BOARDS[name]
    make_natmods(job, it.arch, it.wrong)
    folder = BUILD / 'test' / job.name / 'board'
    modules = [path.stem for path in portable_tests()]
    if not whole:
        modules = modules[it.sample - 1 :: it.sample]  # others than those of rp2
    stage_tests(folder, it.arch, [*modules, 'wrong_natmod'])
    with start(job, it.machine) as board:
        results = run_modules(job, board, modules, folder)
        for reason in wrong_natmods(folder, it.arch, it.wrong):
            results += run_on(job, board, 'wrong_natmod', reason, folder=folder)
    return results


def few(job, modules):
    """Some test modules on a target, and nothing besides: for one who works on what they test."""
    if job.name in ON_CPYTHON:
        if job.name == 'cpython-native':
            job.make('ext')
        paths = [path for path in (TESTS / 'python').rglob('test_*.py') if path.stem in modules]
        _, env = command(job.name)
        codec = f'--codec={IMPL[job.name]}'
        return job.pytest(codec, *paths, cwd=ROOT, env=env) if paths else count()
    if job.name in INTERPRETERS:
        return run_here(job, make_interpreter(job, job.name), modules)
    if job.name in BOARDS:
        it = BOARDS[job.name]
        make_natmods(job, it.arch)
        folder = BUILD / 'test' / job.name / 'board'
        stage_tests(folder, it.arch, modules)
        with start(job, it.machine) as board:
            return run_modules(job, board, modules, folder)
    raise SetupFailed('MODULES= goes with cpython, the interpreters and the boards but for rp2')


def cli(job):
    """`microdot-websocket` with the emulated board, and what the wheel carries."""
    job.what = 'microdot-websocket, RP2040'
    job.make('dist')
    with start(job, 'RP2040') as board:
        names = 'cli', 'interrupt', 'first_page', 'wheel'
        tests = [f'tests/boards/test_{name}.py' for name in names]
        return job.pytest(f'--device={board.device}', *tests, cwd=ROOT)


def rp2(job):
    """What `make` does with a board, and tests with what it has then installed there."""
    make_natmods(job, 'armv6m', 'armv7emsp')
    folder = BUILD / 'test' / job.name / 'board'
    modules = [path.stem for path in portable_tests()]
    if not job.name.endswith(WHOLE):
        modules = modules[::RP2_SAMPLE]
    compile_tests(folder, modules)
    with start(job, 'RP2040') as board:
        results = job.pytest(f'--device={board.device}', 'tests/boards/test_commands.py', cwd=ROOT)
        # `install` leaves out what only tests need.
        client = BUILD / 'board' / 'lib' / 'microdot' / 'test_client.mpy'
        board.mpremote('fs', 'cp', str(client), ':/lib/microdot/')
        return results + run_modules(job, board, modules, folder)


def autobahn_testsuite(job):
    """The conformance tests of Autobahn's project, on an echo server or a client."""
    agent, whole, _ = job.name.partition('-')[2].partition(WHOLE)
    name = autobahn.interpreter(agent)
    job.what = f'Autobahn|Testsuite codec: {IMPL[name]}'
    job.make('wstest')
    if name in INTERPRETERS:
        job.make(f'build/bin/{INTERPRETERS[name].program}')
        make_natmods(job, INTERPRETERS[name].arch)
    elif IMPL[name] == 'native':
        job.make('ext')
    folder = BUILD / 'autobahn' / agent
    report = autobahn.run(agent, folder, target=job.name, whole=bool(whole))
    job.print(f'{report}\n{folder / "index.html"}')
    return report.counts


def microdot(job):
    """Microdot's own tests of its module, with this package in its place."""
    from microdot_suite import fetch, versions

    version = versions()[job.name]
    job.what = f'Microdot {version} on CPython codec: python'
    tests = [f'tests/test_{part}.py' for part in ('websocket', 'asgi', 'wsgi')]
    python = (sys.executable, str(TESTS / 'microdot_suite.py'))
    return job.pytest(*tests, python=python, cwd=fetch(version))


def clients(job):
    """What people use, with and without TLS, against MicroPython with the natmod; and servers that
    are not Microdot's own, on CPython."""
    job.what = 'websockets, aiohttp, ws, Chromium and nginx; uvicorn, hypercorn and gunicorn'
    make_interpreter(job, 'unix')
    make_interpreter(job, 'unix-firmware')
    job.make('clients')
    return job.pytest('tests/clients', cwd=ROOT)


def mqtt(job):
    """Servers that share a chat through mosquitto, and MQTT over a WebSocket."""
    job.what = 'mosquitto, aiomqtt and aiomqttc'
    make_interpreter(job, 'unix')
    job.make('mqtt')
    return job.pytest('tests/mqtt', cwd=ROOT)


def soak(job):
    """Many connections at once, with faults, for half a minute."""
    names = 'unix', 'armhf-armv6m'
    job.what = f'100 connections at once on {" and ".join(names)}'
    for name in names:
        make_interpreter(job, name)
    script = TESTS / 'soak' / 'soak.py'
    code, output = job.call([sys.executable, script, '--seconds', '30', *names])
    passed = len(re.findall(r'^ +errors +0$', output, re.MULTILINE))
    return count(passed, len(names) - passed or code)


def dist(job):
    """What `make dist` lays out."""
    job.what = 'make dist'
    job.make('wheels')
    job.make('release-tools')
    return job.pytest('tests/dist', cwd=ROOT)


def docs(job):
    """The documentation site, built strictly, and its tutorial in a browser."""
    job.what = 'make docs, Chromium'
    job.make('docs')
    job.make('clients')
    make_interpreter(job, 'unix')
    return job.pytest('tests/site', cwd=ROOT)


def figures(job):
    """Cycles, instructions and bytes, against those of tests/bench/baseline.json."""
    job.what = 'figures of armv6m and xtensawin'
    for arch in 'armv6m', 'xtensawin':
        job.make('natmod', f'ARCH={arch}')
        job.make('bench-natmod', f'ARCH={arch}')
    job.make('emulator-RP2040')
    job.make('build/venv/.bench')
    job.make('ext')
    for program in 'micropython', 'micropython-xtensawin', 'qemu-xtensa-counting':
        job.make(f'build/bin/{program}')
    return job.pytest('tests/bench', cwd=ROOT)


def fuzz(job):
    """A short run of the fuzzers."""
    job.what = 'fuzzers, C with sanitizers'
    job.make('stage-unix')
    job.make('build/bin/micropython')
    job.make('build/bin/micropython-firmware')
    job.make('build/bin/clang')
    return job.pytest('tests/fuzz', cwd=ROOT)


def oom(job):
    """Allocations that fail, one after the other."""
    job.what = 'MicroPython whose memory ends codec: native, python'
    job.make('stage-unix')
    job.make('build/bin/micropython-oom')
    if not job.name.endswith(WHOLE):
        results = job.pytest('tests/oom', cwd=ROOT)
        job.print((BUILD / 'oom' / 'report.txt').read_text())
        return results

    def examine(way):
        return job.pytest('tests/oom', f'--whole={way}', part=f'-{way}', cwd=ROOT)

    # At once, since most of the time they wait until a limit has run out.
    with ThreadPoolExecutor(len(OOM_WAYS)) as pool:
        results = sum(pool.map(examine, OOM_WAYS), count())
    for way in OOM_WAYS:
        job.print((BUILD / 'oom' / f'report-{way}.txt').read_text())
    return results


# The slowest come early, lest one of them run alone at the end.
TARGETS = {
    'cpython': cpython,
    'unix': interpreter,
    'rp2': rp2,
    'cpython-native': cpython_native,
    'cli': cli,
    'soak': soak,
    'clients': clients,
    'mqtt': mqtt,
    **dict.fromkeys(BOARDS, emulated),
    **dict.fromkeys(INTERPRETERS, interpreter),
    **{f'autobahn-{agent}': autobahn_testsuite for agent in autobahn.AGENTS},
    'figures': figures,
    'fuzz': fuzz,
    'oom': oom,
    'microdot-newest': microdot,
    'microdot-oldest': microdot,
    'dist': dist,
    'docs': docs,
}
# Those that run only when they are named.
SERVERS = *ON_CPYTHON, *[name for name, it in INTERPRETERS.items() if it.server]
ON_DEMAND = {
    f'autobahn-{side}{name}{whole}': autobahn_testsuite
    for side in ('', autobahn.CLIENT)
    for name in SERVERS
    for whole in ('', WHOLE)
    if whole or side + name not in autobahn.AGENTS
}
ON_DEMAND[f'oom{WHOLE}'] = oom
ON_DEMAND[f'rp2{WHOLE}'] = rp2
ON_DEMAND.update((f'{name}{WHOLE}', emulated) for name, it in BOARDS.items() if it.sample > 1)
ON_DEMAND.update(
    (f'{name}{WHOLE}', interpreter) for name, it in INTERPRETERS.items() if it.sample > 1
)
# Several by one name: all of TARGETS, and what runs on request.
GROUPS = {
    'boards': ['rp2', *BOARDS, *[name for name in INTERPRETERS if name.startswith('esp')]],
    'interpreters': [*ON_CPYTHON, *[name for name, it in INTERPRETERS.items() if it.server]],
    'peers': [
        name for name in TARGETS if name.startswith(('autobahn', 'clients', 'mqtt', 'microdot'))
    ],
    'faults': ['soak', 'fuzz', 'oom'],
}
GROUPS['others'] = [name for name in TARGETS if name not in sum(GROUPS.values(), [])]
GROUPS[f'autobahn{WHOLE}'] = [f'autobahn-{agent}{WHOLE}' for agent in autobahn.AGENTS]


INDENTS = 'initial_indent', 'subsequent_indent'


def listing():
    """What TARGETS= takes, for one who named something else."""
    yield 'TARGETS= takes groups and names. By default all of these run:'
    for group, names in GROUPS.items():
        if set(names) <= set(TARGETS):
            indents = {'initial_indent': f'  {group:14}', 'subsequent_indent': ' ' * 16}
            yield from wrap(' '.join(names), 90, break_on_hyphens=False, **indents)
    yield 'And on request:'
    kinds = oom, rp2, emulated, interpreter
    whole = [name for name in ON_DEMAND if ON_DEMAND[name] in kinds]
    yield from wrap(' '.join([f'autobahn{WHOLE}', *whole]), 88, **dict.fromkeys(INDENTS, '  '))
    yield '  which leave nothing out;'
    yield f'  autobahn-X, autobahn-X{WHOLE} with X an interpreter or client- and an interpreter'
    yield 'What each of them proves: docs/testing.md'
