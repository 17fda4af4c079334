"""The figures that were set as goals, in one place: each with what is measured.

Those that time is part of are medians of `echo` and `cpython`; all others are exact. test_names.py
holds NAMES.
"""

import statistics

import idle
import loads
import message
import report
from cpython_servers import LIBRARIES, SERVERS, UVLOOP
from interpreters import natmod
from microdot_websocket.cli import natmod_file

NAMES = 60  # that the import may bring and Microdot's own module does not

IMPORT = {'servers': 8600, 'on the heap': 13000}
HEAPS = {
    'servers': {'16 B': 38, '16 KiB': 60, '64 KiB': 110},
    'on the heap': {'16 B': 43, '16 KiB': 66, '64 KiB': 115},
}
WHERE = {'servers': 'text elsewhere', 'on the heap': 'text on the heap'}
CONNECTION = 2150
FEATURES = {'Group': 2048, 'connect': 5120, 'compression': 4096}

# Message, one of message.LABELS, direction, cycles at most.
CYCLES = [
    ('125 B text', 'native', 'receive', 10000),
    ('125 B text', 'waiting', 'receive', 42000),
    ('125 B text', 'native', 'send', 7500),
    ('8 KiB binary', 'native', 'receive', 95000),
]

# Load and size (see loads.py), compared with, and how many times as fast by the server's CPU time.
ECHOES = [
    ((64, 'batch'), 16, 'picows', 5),
    ((64, 'batch'), 1024, 'picows', 3),
    ((64, 'each'), 16, 'picows', 1.1),
    ((64, 'each'), 1024, 'picows', 1.1),
    ((1, 'each'), 65536, 'aiohttp', 1),
]

# The same on CPython, with asyncio's event loop.
LEVEL = 0.95  # such a ratio spreads by 5 %
ON_CPYTHON = [
    ((64, 'batch'), 16, 'picows', 2.5),
    ((64, 'batch'), 1024, 'picows', 1.5),
    ((1, 'each'), 65536, 'picows', LEVEL),
    ((64, 'each'), 65536, 'aiohttp', 1),
    ((1, 'each'), 16, 'aiohttp', 1),
    ((1, 'each'), 16, 'picows', LEVEL),
]
BESIDE_IDLE = 1.1  # times the CPU time for a message of busy connections beside none

ARCHS = 'armv6m', 'xtensawin'
FILE = 4915  # 4.8 KiB
PER_BYTE = {'armv6m': 1.06, 'xtensawin': 0.83}  # of ws_unmask, at the best alignment


def most(what, measured, bound):
    return what, measured, f'≤ {report.number(bound)}', '' if measured <= bound else 'not reached'


def least(what, measured, bound):
    return what, measured, f'≥ {report.number(bound)}', '' if measured >= bound else 'not reached'


def memory_rows(results):
    for key, bound in IMPORT.items():
        native = results[key]['native']
        yield most(f'the import, 32-bit, {WHERE[key]}: bytes', native['import'], bound)
    for key, heaps in HEAPS.items():
        for name, bound in heaps.items():
            heap = results[key]['native']['heap'][f'{name} binary'] / 1024
            yield most(f'smallest heap that echoes {name}, {WHERE[key]}: KiB', heap, bound)
    native = results['servers']['native']
    yield most('an idle connection: bytes', native['connection'], CONNECTION)
    yield most('new names in the import', native['new names'], NAMES)
    for name, bound in FEATURES.items():
        yield most(f'{name}, once it is used: bytes', native['features'][name], bound)


def cycles_rows(messages):
    for name, impl, direction, bound in CYCLES:
        what = 'waited for' if impl == 'waiting' else message.DIRECTIONS[direction]
        cycles = message.median(messages[impl], name, direction, 'net cycles')
        yield most(f'RP2040, {name} {what}: cycles, net', cycles, bound)


def compare(results, load, size, a, b):
    """How many times as fast one server is as another: by messages a second, and by CPU time."""
    ratio = loads.ratio(loads.find(results, load, size), a, b)
    return [statistics.median(rounds) for rounds in ratio]


def echo_rows(results):
    for load, size, other, bound in ECHOES:
        rate, cpu = compare(results, load, size, 'native', other)
        what = f'x64, {report.size(size)}, {loads.LOADS[load]}'
        yield least(f'{what}: times as fast as {other}, by CPU time', cpu, bound)
        yield '  by messages a second', rate, '', ''


def cpython_rows(results):
    for load, size, other, bound in ON_CPYTHON:
        _, cpu = compare(results, load, size, 'native', other)
        what = f'CPython, {report.size(size)}, {loads.LOADS[load]}'
        yield least(f'{what}: times as fast as {other}, by CPU time', cpu, bound)
        _, cpu = compare(results, load, size, f'native{UVLOOP}', f'{other}{UVLOOP}')
        yield '  both on uvloop', cpu, '', ''


def idle_rows(results):
    count = idle.IDLE[-1]
    what = f'CPython, a message beside {count:,} idle connections: times its CPU time beside none'
    costs = {
        name: statistics.median(idle.cost_beside(turns, -1)) for name, turns in results.items()
    }
    yield most(what, costs['native'], BESIDE_IDLE)
    for name in f'native{UVLOOP}', *LIBRARIES:
        yield f'  {SERVERS[name]}', costs[name], '', ''


def natmod_rows(codec):
    for arch in ARCHS:
        size = natmod_file.read(natmod(arch)).size
        yield most(f'natmod, {arch}: bytes of the file', size, FILE)
    for arch, bound in PER_BYTE.items():
        sizes = codec[arch]['native']['unmask']
        per_byte = (min(sizes['4096']) - min(sizes['0'])) / 4096
        yield most(f'{arch}, unmask 4 KiB: cycles or instructions a byte', per_byte, bound)


def rows():
    """(what, measured, to reach, whether it is not), from the last results."""
    yield from memory_rows(report.read('memory'))
    yield from cycles_rows(report.read('message')['servers'])
    yield from echo_rows(report.read('echo')['echo'])
    on_cpython = report.read('cpython')
    yield from cpython_rows(on_cpython['echo'])
    yield from idle_rows(on_cpython['idle'])
    yield from natmod_rows(report.read('codec')['machines'])
