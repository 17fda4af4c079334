"""What it takes to compress messages on a board, and to inflate those of a browser.

On an RP2040 in cycles, on Xtensa in instructions, both exact: see codec.py. Readings of sensors as
JSON, a page, and what cannot be compressed; those to inflate as zlib has compressed them. A link
that is slower than `a link of` moves a message sooner when it is compressed.
"""

import json
import random
import zlib

import codec
import report
from interpreters import BUILD, ROOT
from servers import compile_module, make, source_version, stage_all

READINGS = 1, 4, 16
PAGE = ROOT / 'examples' / 'sensor' / 'index.html'
MACHINES = {'armv6m': ('RP2040', 125), 'xtensawin': ('ESP32', 240)}  # MHz
UNITS = {'armv6m': 'cycles', 'xtensawin': 'instructions'}
IMPLS = {'native': '_wsdeflate', 'python': 'in Python'}


def readings(n):
    """As a server sends them: n objects in a list, or one."""
    rng = random.Random(n)
    items = [
        {
            'sensor': f'greenhouse-{i % 5 + 1}',
            'time': 1764516000 + 10 * i,
            'temperature': round(21 + 3 * rng.random(), 2),
            'humidity': round(45 + 9 * rng.random(), 1),
            'pressure': round(1013 + 4 * rng.random(), 2),
            'battery': round(3.6 + rng.random() / 5, 2),
        }
        for i in range(n)
    ]
    return json.dumps(items if n > 1 else items[0]).encode()


def samples():
    """(name, message, the same as zlib compresses it)"""
    messages = {f'JSON-{len(data)}': data for data in map(readings, READINGS)}
    messages['HTML'] = PAGE.read_bytes()[:4096]
    messages['noise'] = random.Random(1).randbytes(1024)
    for name, data in messages.items():
        stream = zlib.compressobj(6, zlib.DEFLATED, -15)
        yield name, data, (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def stage_samples(lib):
    source = BUILD / 'bench' / 'compression_samples.py'
    source.write_text(f'SAMPLES = {tuple(samples())!r}\n')
    compile_module(source, source.name, lib / 'compression_samples.mpy')


def measure(arch):
    """{(impl, what is done, message): (bytes before, behind, count)}"""
    lib = stage_all('native', arch)
    stage_samples(lib)
    results = {}
    with codec.MACHINES[arch].start(lib, 'compression_cases') as run:
        for impl in IMPLS:
            for line in run(impl).splitlines():
                kind, name, *numbers = line.split()
                results[impl, kind, name] = tuple(map(int, numbers))
    return results


def show(arch, results):
    title, clock = MACHINES[arch]
    unit = UNITS[arch]
    rows = []
    for (_, kind, name), (before, behind, n) in results.items():
        if kind == 'deflate':
            saved = before - behind if behind else 0
            link = report.number(clock / n * saved * 1000) if saved else 'none'
            ratio = f'{behind / before:.2f}' if saved else 'as it is'
            rows.append((name, ratio, n, report.number(n / before), link))
    columns = ['of its length', unit, 'a byte', 'a link of, KB/s']
    report.table(f'{title}: a message compressed', columns, rows)
    rows = [
        (name, *(results[impl, 'inflate', name][2] for impl in IMPLS))
        for impl, kind, name in results
        if (impl, kind) == ('native', 'inflate')
    ]
    report.table(f'{title}: a message inflated, {unit}', list(IMPLS.values()), rows)


def main(options):
    for arch in report.chosen(options.machines, MACHINES):
        make('natmod', f'ARCH={arch}')
        for goal in codec.MACHINES[arch].goals:
            make(goal)
        show(arch, measure(arch))
    report.write('compression', options, {}, source_version('armv6m'))
