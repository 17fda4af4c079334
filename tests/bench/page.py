"""Writes docs/bench/README.md from the last results, and the README's section on performance."""

import re
import statistics

import message
import report
from interpreters import ROOT

FOLDER = ROOT / 'docs' / 'bench'
# Between these two lines of the README stands what section() gives.
SECTION = re.compile(r'(?<=<!-- make bench writes this -->\n).*?(?=<!-- to here -->)', re.S)

PARTS = {
    'echo': 'Echo over loopback',
    'memory': 'RAM',
    'message': 'One message on a microcontroller',
    'codec': 'Unmasking and UTF-8',
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
        if part != 'stages':
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
    for kept, what in ('import', 'the import'), ('connection', 'an idle connection'):
        yield f'{what}: bytes of the heap', *(servers[impl][kept] for impl in IMPLS)


IMPLS = 'native', 'microdot'


def per_byte(functions):
    sizes = functions['unmask']
    return (sizes['4096'][0] - sizes['0'][0]) / 4096


def section(results):
    """What the README says of it."""
    rows = [
        f'| {what} | {report.number(ours)} | {report.number(theirs)} |'
        for what, ours, theirs in comparison(results)
    ]
    echo = results['echo']
    return '\n'.join(
        [
            f'Measured on {echo["machine"]}, with {versions(echo)};',
            "the cycles on an emulated RP2040, without the bench's own, "
            'the RAM on MicroPython for 32-bit Arm.',
            '[All figures](docs/bench/README.md).',
            '',
            '![Echo over loopback](docs/bench/echo.svg)',
            '',
            "| on MicroPython | this project | Microdot's own module |",
            '|---|---|---|',
            *rows,
            '',
        ]
    )


def main(options):
    results = {part: report.read(part) for part in PARTS}
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / 'README.md').write_text(page(results))
    readme = ROOT / 'README.md'
    readme.write_text(SECTION.sub(lambda _: section(results), readme.read_text()))
    print('-> docs/bench/README.md, README.md')
