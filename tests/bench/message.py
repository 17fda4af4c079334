"""What one message takes on a microcontroller: cycles and bytes of the heap.

It is an RP2040 (rp2040js), and MicroPython's firmware for the Raspberry Pi Pico. A masked message
on its way in, and the same on its way out, through all of the server over a stream in memory, where
it is at once: this project then does not wait for it, as Microdot's module and asyncio's stream do.
`waiting` is this project where nothing is there before it was waited for, at each read.
staged/message_cases.py is what runs there.

Each figure stands there twice: as it is counted, and net, without what the bench takes by itself.
That is measured in the same run: to count, and to await a coroutine that is empty; and what each
call of the stream in memory takes before it begins to count its own cycles, and behind that. (What
it counts is in neither figure.) A socket in C, as boards have it, has next to nothing of that.
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
UNITS = {
    'cycles': 'cycles of an RP2040, as counted',
    'heap': 'bytes of the heap, as counted',
    'net cycles': 'cycles of an RP2040, net',
    'net heap': 'bytes of the heap, net',
}
FLOOR = 'floor'  # what the bench takes by itself, beside the messages
FLOORS = {
    'receive': 'to count, and an empty receive()',
    'send': 'to count, and an empty send()',
    'read': 'a read, to the Wire and back',
    'write': 'a write, to the Wire and back',
    'poll': 'a poll, to the Wire and back',
}
# MicroPython finds attributes through a cache in which it is chance whose names collide (py/map.c):
# one more name, anywhere, and a message takes some percent more or less. These are five chances.
NAMES = 0, 5, 10, 15, 20
LINE = re.compile(r'^(\d+) (\d+) (receive|send) (.*)', re.M)
FLOOR_LINE = re.compile(r'^floor (\w+) (-?\d+) (-?\d+)', re.M)


def counts_in(printed):
    """{message: {direction: {unit: [one each time]}}}, the message FLOOR among them."""
    floors = {
        name: {'cycles': (int(cycles),), 'heap': (int(heap),)}
        for name, cycles, heap in FLOOR_LINE.findall(printed)
    }
    messages = {FLOOR: floors}
    for opcode, size, direction, counts in LINE.findall(printed):
        name = report.message(int(size), int(opcode) == TEXT)
        each = [map(int, one.split(', ')) for one in re.findall(r'\(([-\d, ]+)\)', counts)]
        messages.setdefault(name, {})[direction] = dict(zip(UNITS, zip(*each)))
    return messages


def count(board, impl, names):
    """What message_cases.py prints, with so many names known to MicroPython before it starts."""
    code = ''.join(f'name{i} = ' for i in range(names))
    code += f'None; import message_cases; message_cases.main("{impl}")'
    return counts_in(board.mpremote('exec', code, timeout=600))


def measure(impl):
    with pico(stage_all(impl if impl in IMPLS else 'native', ARCH, counting=True)) as board:
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
    first = next(iter(results.values()))
    names = [name for name in first if name != FLOOR]
    for direction, what in DIRECTIONS.items():
        for unit, of_what in UNITS.items():
            rows = [
                (LABELS[impl], *(median(messages, name, direction, unit) for name in names))
                for impl, messages in results.items()
            ]
            report.table(f'One message {what}: {of_what}', names, rows)
    rows = [
        (what, *(median(messages, FLOOR, name, 'cycles') for messages in results.values()))
        for name, what in FLOORS.items()
    ]
    title = "The bench's own, which is not in the net figures: cycles of an RP2040"
    report.table(title, [LABELS[impl] for impl in results], rows)
    if {'native', 'microdot'} <= set(results):
        rows = [(what, *ratios(results, direction)) for direction, what in DIRECTIONS.items()]
        title = "Microdot's own module takes how many times as many cycles, net"
        report.table(title, names, rows)


def ratios(results, direction):
    """Of Microdot's cycles to this project's, for each message."""
    ours, theirs = results['native'], results['microdot']
    for name in ours:
        if name != FLOOR:
            pair = (median(of, name, direction, 'net cycles') for of in (theirs, ours))
            yield next(pair) / next(pair)


def main(options):
    make('emulator-RP2040')
    make('natmod', f'ARCH={ARCH}')
    make('bench-natmod', f'ARCH={ARCH}')
    words = options.servers or (options.quick and QUICK)
    results = {impl: measure(impl) for impl in report.chosen(words, LABELS)}
    show(results)
    report.write('message', options, {'servers': results}, source_version(ARCH), 'Microdot')
