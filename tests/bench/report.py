"""What all parts have in common: tables on the terminal, and build/bench/<part>.json."""

import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys

from interpreters import BUILD

RESULTS = BUILD / 'bench'
tables = []  # the lines of those printed since the last results


def machine():
    """What the figures were taken on."""
    with open('/proc/cpuinfo') as lines:
        models = [
            line.partition(': ')[2].strip() for line in lines if line.startswith('model name')
        ]
    return f'{models[0] if models else platform.machine()}, {os.cpu_count()} cores'


def micropython_version(program):
    """Of an interpreter in build/bin."""
    code = 'import sys; print("%d.%d.%d" % sys.implementation.version[:3])'
    command = str(BUILD / 'bin' / program), '-c', code
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def write(part, options, results, micropython, *packages):
    """Keep a part's results: build/bench/<part>.json, or <part>-selected.json if something was left
    out. `micropython`: the version of that, if it was any; packages: the names of the others."""
    selected = options.quick or options.servers or options.sizes or options.machines
    versions = {name: importlib.metadata.version(name.lower()) for name in packages}
    if len(packages) > 1:
        versions = {'CPython': platform.python_version(), **versions}
    if micropython:
        versions = {'MicroPython': micropython, **versions}
    results = {
        'machine': machine(),
        'versions': versions,
        **results,
        'tables': tables[1:],
    }
    tables.clear()
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / (f'{part}-selected.json' if selected else f'{part}.json')
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + '\n')
    print(f'-> {path.relative_to(BUILD.parent)}')


def write_text(part):
    """Keep what a part has printed: build/bench/<part>.txt."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f'{part}.txt'
    path.write_text('\n'.join(tables[1:]) + '\n')
    tables.clear()
    print(f'-> {path.relative_to(BUILD.parent)}')


def read(part):
    """A part's last results, with nothing left out."""
    path = RESULTS / f'{part}.json'
    if not path.is_file():
        sys.exit(f'bench: run make bench PART={part} first, with nothing left out')
    return json.loads(path.read_text())


def chosen(words, known):
    """Those of the known names that were asked for: all, if none was."""
    unknown = [word for word in words or () if word not in known]
    if unknown:
        sys.exit(f'bench: {", ".join(unknown)} is none of {", ".join(known)}')
    return [name for name in known if name in (words or known)]


def size(n):
    """A message's size, in words."""
    for unit, name in (1 << 20, 'MiB'), (1 << 10, 'KiB'):
        if n >= unit and n % unit == 0:
            return f'{n // unit} {name}'
    return f'{n} B'


def message(n, is_text):
    return f'{size(n)} {"text" if is_text else "binary"}'


def number(value):
    """With three digits at least; None stands for what was not possible."""
    if value is None:
        return '-'
    if isinstance(value, str):
        return value
    if value == int(value) or abs(value) >= 1000:
        return f'{value:,.0f}'
    return f'{value:.{max(0, 3 - len(str(int(abs(value)))))}f}'


def spread(values):
    """The median, and half the distance between the quartiles in percent of it."""
    low, median, high = statistics.quantiles(values, n=4, method='inclusive')
    return f'{number(median)} ±{(high - low) / 2 / median:3.0%}'


def table(title, columns, rows):
    """Print rows of (name, value...) under a title and the names of the columns."""
    cells = [['', *columns], *([name, *map(number, values)] for name, *values in rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ['', title]
    for name, *values in cells:
        line = '  '.join(f'{value:>{width}}' for value, width in zip(values, widths[1:]))
        lines.append(f'  {name:<{widths[0]}}  {line}'.rstrip())
    print('\n'.join(lines))
    tables.extend(lines)
