"""What the functions of ws_core take, beside other ways to do their work.

On x64 in nanoseconds and in instructions (Callgrind), on an RP2040 in cycles (rp2040js), on Xtensa
in instructions (a plugin of QEMU). But for the first these are exact, and the same each time.
staged/codec_cases.py is what runs there. In the natmod they stand behind the type Protocol; here
natmod/mod_wsbench.c gives them to Python one by one.
"""

import re
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import report
from interpreters import BUILD
from pico import pico
from servers import make, source_version, stage_all

CODECS = {
    'native': ('_wsbench', 'ws_core'),
    'python': ('twin_codec', 'its Python twin'),
    'viper': ('viper_codec', 'viper'),
    'microdot': ('microdot_codec', "Microdot's own"),
    'memcpy': ('memcpy', 'memcpy'),
}
QUICK = {'codecs': ('native', 'memcpy'), 'machines': ('xtensawin', 'armv6m')}
FUNCTIONS = 'unmask', 'utf8', 'utf8-mixed', 'memcpy'
SIZES = 0, 16, 125, 1024, 4096, 65536
HEADERS = 16, 1024, 65536
COUNTED_CALL = 13  # write(2) on Xtensa


def call(command, lib, codec, counter, cases='codec_cases', **env):
    """Run the cases with an interpreter; (what they printed, what came on stderr)."""
    code = f'import {cases}; {cases}.main("{codec}", "{counter}")'
    env = {'PATH': '/usr/bin:/bin', 'MICROPYPATH': f'{lib}:.frozen', **env}
    done = subprocess.run([*command, '-c', code], env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout.lstrip('.'), done.stderr


@contextmanager
def x64_time(lib):
    yield lambda codec: call([BUILD / 'bin' / 'micropython'], lib, codec, 'time')[0]


@contextmanager
def x64_instructions(lib):
    def run(codec):
        with tempfile.TemporaryDirectory() as folder:
            # A file each time that write(2) is called, of what was executed since the last time:
            # <process>.<number>. build/bin/micropython is a script, which starts others too.
            options = '--tool=callgrind', '--dump-before=write', f'--callgrind-out-file={folder}/%p'
            command = BUILD / 'bin' / 'valgrind', '--trace-children=yes', *options
            printed, _ = call([*command, BUILD / 'bin' / 'micropython'], lib, codec, 'marks')
            dumps = {}
            for path in Path(folder).glob('*.*'):
                count = re.search(r'^summary: (\d+)', path.read_text(), re.M)[1]
                dumps.setdefault(path.stem, {})[int(path.suffix[1:])] = int(count)
        counts = max(dumps.values(), key=len)
        return with_counts(printed, [counts[i] for i in range(2, len(counts), 2)])

    yield run


@contextmanager
def xtensa_instructions(lib, cases='codec_cases'):
    def run(codec):
        printed, counts = call(command, lib, codec, 'marks', cases)
        counts = [int(line) for line in counts.split()]
        return with_counts(printed, [b - a for a, b in zip(counts[::2], counts[1::2])])

    plugin = f'file={BUILD / "bin" / "count.so"},write={COUNTED_CALL}'
    elf = BUILD / 'emulators' / 'xtensawin' / 'micropython.elf'
    qemu = BUILD / 'bin' / 'qemu-xtensa-counting'
    command = [qemu, '-plugin', plugin, '-cpu', 'de233_fpu', elf, '-X', 'heapsize=4m']
    yield run


@contextmanager
def rp2040_cycles(lib, cases='codec_cases'):
    with pico(lib) as board:
        yield lambda codec: board.run(cases, codec, 'cycles', timeout=900)


def with_counts(printed, counts):
    """The lines of codec_cases.py with the counts that were taken from outside."""
    lines = printed.splitlines()
    if len(lines) > len(counts) or any(line.endswith('-') for line in lines):
        raise RuntimeError(f'counted {len(counts)} of these calls:\n{printed}')
    return '\n'.join(f'{line[:-1]}{n}' for line, n in zip(lines, counts))


@dataclass
class Machine:
    title: str
    arch: str
    start: Callable  # with the folder to import from; a context manager that gives its run(codec)
    goals: tuple  # for make


UNIX = ('build/bin/micropython',)
XTENSA = 'build/bin/micropython-xtensawin', 'build/bin/qemu-xtensa-counting'
MACHINES = {
    'x64-time': Machine('x64, nanoseconds', 'x64', x64_time, UNIX),
    'x64': Machine('x64, instructions', 'x64', x64_instructions, (*UNIX, 'build/bin/valgrind')),
    'xtensawin': Machine('Xtensa (ESP32), instructions', 'xtensawin', xtensa_instructions, XTENSA),
    'armv6m': Machine('RP2040, cycles', 'armv6m', rp2040_cycles, ('emulator-RP2040',)),
}


def counts_in(printed):
    """{function: {size: [count at each alignment]}}, less what counting takes; None: no room."""
    functions = {}
    empty = 0
    for name, size, _, count in re.findall(r'^(\S+) (\d+) (\d+) (\d+|-)\s*$', printed, re.M):
        if name == 'empty':
            empty = int(count)
            continue
        count = None if count == '-' else int(count) - empty
        functions.setdefault(name, {}).setdefault(int(size), []).append(count)
    return functions


def measure(name, codecs):
    """{codec: {function: {size: [count at each alignment]}}} on one machine."""
    machine = MACHINES[name]
    with machine.start(stage_all('native', machine.arch, counting=True)) as run:
        results = {codec: counts_in(run(CODECS[codec][0])) for codec in codecs}
    return {codec: functions for codec, functions in results.items() if functions}


def per_byte(sizes, size):
    """What each byte adds to a call without one: the best and the worst alignment."""
    counts = sizes.get(size, [None])
    if None in counts:
        return None
    base = min(sizes[0])
    best, worst = ((bound(counts) - base) / size for bound in (min, max))
    if worst - best < 0.01 * best:
        return report.number(best)
    return f'{report.number(best)} to {report.number(worst)}'


def show(name, codecs):
    title = MACHINES[name].title
    for function in FUNCTIONS:
        rows = []
        for codec, functions in codecs.items():
            sizes = functions.get(function)
            if sizes:
                cells = [per_byte(sizes, size) for size in SIZES if size]
                rows.append((CODECS[codec][1], min(sizes[0]), *cells))
        columns = ['a call', *(report.size(size) for size in SIZES if size)]
        if rows:
            report.table(
                f'{title}: {function}, a call and what each byte adds to it', columns, rows
            )
    rows = [
        (CODECS[codec][1], *(min(functions['parse_header'][n]) for n in HEADERS))
        for codec, functions in codecs.items()
        if 'parse_header' in functions
    ]
    columns = [f'6 + {n} bytes' for n in (0, 2, 8)]
    report.table(f'{title}: parse_header, a call', columns, rows)


def main(options):
    codecs = report.chosen(options.servers or (options.quick and QUICK['codecs']), CODECS)
    machines = report.chosen(options.machines or (options.quick and QUICK['machines']), MACHINES)
    results = {}
    for name in machines:
        ran = [codec for codec in codecs if codec != 'memcpy' or name != 'x64-time']
        for goal in 'natmod', 'bench-natmod':
            make(goal, f'ARCH={MACHINES[name].arch}')
        for goal in MACHINES[name].goals:
            make(goal)
        results[name] = measure(name, ran)
        show(name, results[name])
    report.write('codec', options, {'machines': results}, source_version('x64'))
