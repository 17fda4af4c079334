"""Where the cycles of an RP2040 go, for one message on its way in and on its way out.

By function in Python and, of each, by the functions in C that it calls; then by function in C.
`itself`: what was spent in the function, in Python by the interpreter on its bytecode; `in C`: in
what it calls in C, as far as that does not run Python again; `total`: in all that it calls. The
emulator counts them (tests/emulators/rp2040), and staged/profile_cases.py is what it runs. `the
bench` is that, and asyncio's loop, from which it is run. What the Wire takes stands for a network:
it is told, and in none of the figures.

It goes to the terminal and to build/bench/profile.txt.
"""

import json
import re
import tempfile
from collections import Counter
from pathlib import Path

import natmod_symbols
import report
from frames import BINARY, TEXT
from interpreters import BUILD
from message import ARCH, LABELS
from pico import pico
from servers import IMPLS, make, stage_all

MESSAGES = (125, TEXT), (8192, BINARY)
CHOSEN = 'native', 'waiting'  # unless --servers names others
DIRECTIONS = {1: 'received', 2: 'sent'}  # by the tags in profile_cases.py
LEAST = 0.01  # of the cycles, or a row is not shown
SYMBOLS = BUILD / 'emulators' / 'RP2040' / 'firmware.sym'
BENCH = 'the bench'


class Names:
    """Of what lies at an address."""

    def __init__(self, printed):
        functions = re.findall(r'^function (\d+) (\S+)', printed, re.M)
        self.python = {int(address): name for address, name in functions}
        found = re.findall(r'^(\w{8}) [tTwW] ([^$\s]+)$', SYMBOLS.read_text(), re.M)
        self.symbols = sorted((int(address, 16) & ~1, name) for address, name in found)
        place = re.search(r'^natmod (\d+) (\w+)', printed, re.M)
        self.natmod = natmod_symbols.placed(ARCH, int(place[1]), place[2]) if place else []

    def of_python(self, address):
        return self.python.get(address, f'a function at {address:#x}') if address else BENCH

    def of_c(self, address):
        for start, size, name in self.natmod:
            if start <= address < start + size:
                return f'_wscodec: {name}'
        start, name = max(symbol for symbol in self.symbols if symbol[0] <= address)
        if address - start > 1 << 14:
            return '(viper, of the bench)'
        return re.sub(r'^__(.*)_veneer$', r'\1', name)


class Profile:
    """One measurement, by names: all Counters are of cycles, but for `calls`."""

    def __init__(self, result, names):
        self.cycles = result['cycles']
        self.least = LEAST * self.cycles
        self.wire = result['aside']
        self.in_itself = Counter()
        self.in_callees = Counter()  # of a function in Python: in C, below it
        self.callees = Counter()  # by (function in Python, function in C that it calls)
        self.totals = Counter()
        self.calls = Counter()  # as callees; of a function in Python: by (its name, None)
        self.python = set()
        for python, callee, fn, cycles in result['cells']:
            caller = names.of_python(python)
            self.python.add(caller)
            self.in_itself[names.of_c(fn) if fn else caller] += cycles
            if callee:
                self.in_callees[caller] += cycles
                self.callees[caller, names.of_c(callee)] += cycles
        for python, callee, n in result['calls']:
            self.calls[names.of_python(python), names.of_c(callee) if callee else None] += n
        for address, cycles in result['totals']:
            self.totals[names.python.get(address) or names.of_c(address)] += cycles
        self.totals[BENCH] = self.cycles

    def by(self, name):
        """The cycles of a function in Python, with those in C below it."""
        return self.in_itself[name] + self.in_callees[name]

    def python_rows(self):
        """(name, itself, in C, total, calls)"""
        for name in sorted(self.python, key=self.by, reverse=True):
            if self.by(name) < self.least:
                return
            of_it = self.in_itself[name], self.in_callees[name]
            yield name, *of_it, self.totals[name], self.calls[name, None] or None
            for (caller, callee), cycles in self.callees.most_common():
                if caller == name and cycles >= self.least:
                    yield f'    {callee}', '', cycles, '', self.calls[caller, callee] or None

    def c_rows(self):
        """(name, itself, total)"""
        for name, cycles in self.in_itself.most_common():
            if name not in self.python and cycles >= self.least:
                yield name, cycles, self.totals[name] or None


def measure(impl, size, opcode):
    """{direction: Profile}"""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'profiles')
        lib = stage_all(impl if impl in IMPLS else 'native', ARCH, counting=True)
        with pico(lib, '--profile', file) as board:
            printed = board.run('profile_cases', impl, opcode, size, timeout=600)
        results = map(json.loads, file.read_text().splitlines())
        names = Names(printed)
        return {DIRECTIONS[result['tag']]: Profile(result, names) for result in results}


def show(profile, title):
    title = f'{title}: {profile.cycles:,} cycles of an RP2040, without {profile.wire:,} of the Wire'
    columns = ['itself', 'in C', 'total', 'calls']
    report.table(f'{title}; by function in Python', columns, profile.python_rows())
    report.table('  and by function in C', ['itself', 'total'], profile.c_rows())


def main(options):
    make('emulator-RP2040')
    make('natmod', f'ARCH={ARCH}')
    make('bench-natmod', f'ARCH={ARCH}')
    sizes = options.sizes or [size for size, _ in MESSAGES[: 1 if options.quick else None]]
    for impl in report.chosen(options.servers or CHOSEN, LABELS):
        for size in sizes:
            opcode = dict(MESSAGES).get(size, BINARY)
            for direction, profile in measure(impl, size, opcode).items():
                what = f'{report.message(size, opcode == TEXT)} {direction}, {LABELS[impl]}'
                show(profile, what)
    report.write_text('profile')
