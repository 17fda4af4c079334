"""Writes docs/bench/README.md from the last results, and what README and docs/performance.md have
of them."""

import re
import statistics

import broadcast
import idle
import loads
import memory
import message
import report
from cpython_servers import TITLES
from interpreters import ROOT

FOLDER = ROOT / 'docs' / 'bench'
# Between these two lines of a page stands what a function of this module gives.
SECTION = re.compile(r'(?<=<!-- make bench writes this -->\n).*?(?=<!-- to here -->)', re.S)

PARTS = {
    'echo': 'Echo over loopback',
    'cpython': 'On CPython',
    'memory': 'RAM',
    'message': 'One message on a microcontroller',
    'codec': 'Unmasking and UTF-8',
    'compression': 'Compression on a microcontroller',
    'stages': 'Goals, and where it goes',
}


def page(results):
    """All tables, as they were printed, and the pictures."""
    lines = [
        '# Measurements',
        '',
        'Written by `make bench`. What is measured, and how, is said at the top of the modules in',
        '[tests/bench](../../tests/bench).',
        '',
    ]
    for part, title in PARTS.items():
        of = results[part]
        lines += [f'## {title}', '', f'{of["machine"]}; {versions(of)}', '']
        if part not in ('compression', 'stages'):
            lines += [f'![{title}]({part}.svg)', '']
        lines += ['```', *of['tables'], '```', '']
    return '\n'.join(lines)


def versions(of):
    return ', '.join(f'{name} {version}' for name, version in of['versions'].items())


ECHOES = (16, 64, 'batch'), (1024, 64, 'batch'), (65536, 1, 'each')


def comparison(results):
    """(what, this project's figure with the native codec, that of Microdot's own module)"""
    for load in results['echo']['echo']:
        if (load['size'], load['window'], load['client']) in ECHOES:
            rates = load['rate']
            in_flight = f', {load["window"]} in flight' if load['window'] > 1 else ''
            yield (
                f'echo of {report.size(load["size"])}{in_flight}: messages a second',
                statistics.median(rates['native']),
                statistics.median(rates['microdot']),
            )
    servers = results['message']['servers']
    for name, ours, what in (
        ('125 B text', 'native', 'received'),
        ('125 B text', 'waiting', 'waited for and received'),
        ('8 KiB binary', 'native', 'received'),
    ):
        pair = servers[ours], servers['microdot']
        counts = (message.median(of, name, 'receive', 'net cycles') for of in pair)
        yield f'{name} {what}: cycles of an RP2040', *counts
    counts = (per_byte(results['codec']['machines']['armv6m'][impl]) for impl in IMPLS)
    yield 'unmasking 4 KiB: cycles of an RP2040 for a byte', *counts
    servers = results['memory']['servers']
    for name in '64 KiB binary', '16 KiB binary', '16 B binary':
        heaps = (servers[impl]['heap'][name] / 1024 for impl in IMPLS)
        yield f'smallest heap that echoes {name}: KiB', *heaps
    pieces = (servers[impl]['piece'] for impl in IMPLS)
    yield f'{memory.PIECE}: bytes', *pieces
    for kept, what in ('import', 'the import'), ('connection', 'an idle connection'):
        yield f'{what}: bytes of the heap', *(servers[impl][kept] for impl in IMPLS)


IMPLS = 'native', 'microdot'


CPYTHON_ECHOES = (16, (64, 'batch')), (1024, (64, 'batch')), (16, (1, 'each')), (65536, (1, 'each'))


def on_cpython(results):
    """(what, the figure of each of the servers in TITLES on asyncio's event loop)"""
    for size, load in CPYTHON_ECHOES:
        cpu = loads.find(results['echo'], load, size)['cpu']
        what = f'echo of {report.size(size)}, {loads.LOADS[load].partition(",")[0]}: microseconds'
        yield what, *(statistics.median(cpu[name]) for name in TITLES)
    what = f'{report.size(broadcast.SIZES[0])} to one of {broadcast.CLIENTS}: microseconds'
    turns = results['broadcast']
    yield what, *(statistics.median(turn[0] for turn in turns[name]) for name in TITLES)
    turns = results['idle']
    what = f'a message beside {idle.IDLE[-1]:,} idle connections: times its cost beside none'
    yield what, *(statistics.median(idle.cost_beside(turns[name], -1)) for name in TITLES)
    memory = (statistics.median(turn['memory'] for turn in turns[name]) for name in TITLES)
    yield 'an idle connection: bytes of memory', *memory


def per_byte(functions):
    sizes = functions['unmask']
    return (sizes['4096'][0] - sizes['0'][0]) / 4096


def table(columns, rows):
    """The lines of it; rows of (what, figure...)"""
    lines = [columns, ['---'] * len(columns)]
    lines += [[what, *map(report.number, figures)] for what, *figures in rows]
    return [f'| {" | ".join(cells)} |' for cells in lines]


# Of the rows of comparison() those that the README has.
IN_README = (
    'echo of 64 KiB: messages a second',
    'echo of 16 B, 64 in flight: messages a second',
    '125 B text waited for and received: cycles of an RP2040',
    '8 KiB binary received: cycles of an RP2040',
    'smallest heap that echoes 64 KiB binary: KiB',
    'smallest heap that echoes 16 B binary: KiB',
    f'{memory.PIECE}: bytes',
    'the import: bytes of the heap',
    'an idle connection: bytes of the heap',
)
MICROPYTHON = 'on MicroPython', 'this project', "Microdot's own module"


def machine(results):
    echo = results['echo']
    return [
        f'Measured on {echo["machine"]}, with {versions(echo)};',
        "the cycles on an emulated RP2040, without the bench's own, "
        'the RAM on MicroPython for 32-bit Arm.',
    ]


def section(results):
    """What the README says of it."""
    rows = [row for row in comparison(results) if row[0] in IN_README]
    lines = [*machine(results), '[All figures](docs/bench/README.md).', '']
    return '\n'.join([*lines, *table(MICROPYTHON, rows), ''])


def performance(results):
    """What docs/performance.md says of it."""
    cpython = results['cpython']
    return '\n'.join(
        [
            *machine(results),
            '',
            '![Echo over loopback](bench/echo.svg)',
            '',
            *table(MICROPYTHON, comparison(results)),
            '',
            f'On CPython, with {versions(cpython)};',
            'microseconds are CPU time of the server for a message, on a core that it shares with '
            'the client.',
            '',
            '![On CPython](bench/cpython.svg)',
            '',
            *table(['on CPython', *TITLES.values()], on_cpython(cpython)),
            '',
        ]
    )


SECTIONS = {'README.md': section, 'docs/performance.md': performance}


def main(options):
    results = {part: report.read(part) for part in PARTS}
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / 'README.md').write_text(page(results))
    for name, text in SECTIONS.items():
        path = ROOT / name
        found = text(results).replace('\\', '\\\\')
        path.write_text(SECTION.sub(found, path.read_text()))
    print('-> docs/bench/README.md,', ', '.join(SECTIONS))
