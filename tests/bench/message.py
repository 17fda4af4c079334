"""What one message takes on a microcontroller: cycles and bytes of the heap.

It is an RP2040 (rp2040js), and MicroPython's firmware for the Raspberry Pi Pico. A masked message
on its way in, and the same on its way out, through all of the server over a stream in memory, where
it is at once: this project then does not wait for it, as Microdot's module and asyncio's stream do.
`waiting` is this project where nothing is there before it was waited for, at each read.
staged/message_cases.py is what runs there.
"""

import re
import statistics

import report
from frames import TEXT
from pico import pico
from servers import IMPLS, make, source_version, stage_all

ARCH = 'armv6m'
LABELS = {
    **IMPLS,
    'waiting': 'the native codec, waiting',
    'stream': "(asyncio's stream alone)",
}
QUICK = 'native', 'stream'
DIRECTIONS = {'receive': 'received', 'send': 'sent'}
UNITS = {'cycles': 'cycles of an RP2040', 'heap': 'bytes of the heap'}
# MicroPython finds attributes through a cache in which it is chance whose names collide (py/map.c):
# one more name, anywhere, and a message takes some percent more or less. These are five chances.
NAMES = 0, 5, 10, 15, 20
LINE = re.compile(r'^(\d+) (\d+) (receive|send) (.*)', re.M)


def counts_in(printed):
    """{message: {direction: {'cycles': [one each time], 'heap': [one each time]}}}"""
    messages = {}
    for opcode, size, direction, counts in LINE.findall(printed):
        name = report.message(int(size), int(opcode) == TEXT)
        cycles, heap = zip(*(map(int, pair) for pair in re.findall(r'\((\d+), (-?\d+)\)', counts)))
        messages.setdefault(name, {})[direction] = {'cycles': cycles, 'heap': heap}
    return messages


def count(board, impl, names):
    """What message_cases.py prints, with so many names known to MicroPython before it starts."""
    code = ''.join(f'name{i} = ' for i in range(names))
    code += f'None; import message_cases; message_cases.main("{impl}")'
    return counts_in(board.mpremote('exec', code, timeout=600))


def measure(impl):
    with pico(stage_all(impl if impl in IMPLS else 'native', ARCH)) as board:
        return merged([count(board, impl, names) for names in NAMES])


def merged(runs):
    """The results of several runs, as if they were those of one."""
    first, *others = runs
    for messages in others:
        for name, directions in messages.items():
            for direction, units in directions.items():
                for unit, values in units.items():
                    first[name][direction][unit] += values
    return first


def median(messages, name, direction, unit):
    return statistics.median_low(messages[name][direction][unit])


def show(results):
    names = list(next(iter(results.values())))
    for direction, what in DIRECTIONS.items():
        for unit, of_what in UNITS.items():
            rows = [
                (LABELS[impl], *(median(messages, name, direction, unit) for name in names))
                for impl, messages in results.items()
            ]
            report.table(f'One message {what}: {of_what}', names, rows)
    if {'native', 'microdot'} <= set(results):
        rows = [(what, *ratios(results, direction)) for direction, what in DIRECTIONS.items()]
        report.table("Microdot's own module takes how many times as many cycles", names, rows)


def ratios(results, direction):
    ours, theirs = results['native'], results['microdot']
    for name in ours:
        yield median(theirs, name, direction, 'cycles') / median(ours, name, direction, 'cycles')


def main(options):
    make('emulator-RP2040')
    make('natmod', f'ARCH={ARCH}')
    words = options.servers or (options.quick and QUICK)
    results = {impl: measure(impl) for impl in report.chosen(words, LABELS)}
    show(results)
    report.write('message', options, {'servers': results}, source_version(ARCH), 'Microdot')
