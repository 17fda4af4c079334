"""The figures that were set as goals, in one place: each with what is measured.

Those that time is part of are medians of `echo`; all others are exact. test_names.py holds NAMES.
"""

import statistics

import echo
import message
import report
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

# Load and size (see echo.py), compared with, and how many times as fast by the server's CPU time.
ECHOES = [
    ((64, 'batch'), 16, 'picows', 5),
    ((64, 'batch'), 1024, 'picows', 3),
    ((64, 'each'), 16, 'picows', 1.1),
    ((64, 'each'), 1024, 'picows', 1.1),
    ((1, 'each'), 65536, 'aiohttp', 1),
]

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


def echo_rows(results):
    for load, size, other, bound in ECHOES:
        result = echo.find(results, load, size)
        rate, cpu = (statistics.median(of) for of in echo.ratio(result, 'native', other))
        what = f'x64, {report.size(size)}, {echo.LOADS[load]}'
        yield least(f'{what}: times as fast as {other}, by CPU time', cpu, bound)
        yield '  by messages a second', rate, '', ''


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
    yield from natmod_rows(report.read('codec')['machines'])
