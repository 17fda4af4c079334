"""The exact figures that were set as goals, and where bytes and time go for those that are hardest
to reach. (How fast echoes are to be stands with `echo`.)

What the import keeps; the smallest heap, compared with Microdot's; the natmod's machine code by
function; one 64 KiB echo of CPython's, step by step. Run it behind the parts before it, from whose
results most of it is.
"""

import platform
import re
import statistics
import subprocess
import sys
import timeit

import message
import natmod_file
import report
from elftools.elf.elffile import ELFFile
from frames import pattern
from interpreters import natmod
from servers import made_with, make, stage_all

ARCHS = 'armv6m', 'xtensawin'
SIZE = 65536
REPEAT, CALLS = 25, 40
FUNCTION = re.compile(
    r'^simple_name: (.+)\n  raw bytecode: (\d+) .*\n(?:.*\n){2}  line info: (.*)', re.M
)


def goal_rows(codec, messages, servers):
    """(what, figure, to reach)"""

    def per_byte(machine, impl='native', function='unmask'):
        sizes = codec[machine][impl][function]
        return (min(sizes['4096']) - min(sizes['0'])) / 4096

    def times(ours):
        pair = messages['microdot'], messages[ours]
        theirs, ours = (message.median(of, '125 B text', 'receive', 'cycles') for of in pair)
        return theirs / ours

    yield "RP2040, 125 B text: times Microdot's cycles, at least", times('native'), 5
    yield '  the same, waited for', times('waiting'), 5
    yield 'RP2040, unmask 4 KiB: cycles a byte, at most', per_byte('armv6m'), 1.2
    copied = per_byte('armv6m', 'memcpy', 'memcpy')
    yield "  times memcpy's", per_byte('armv6m') / copied, 1.7
    yield 'Xtensa, unmask 4 KiB: instructions a byte, at most', per_byte('xtensawin'), 1
    yield 'the import, 32-bit: bytes, at most', servers['native']['import'], 9 << 10
    for name, most in ('16 B', 43), ('16 KiB', 62), ('64 KiB', 115):
        heap = servers['native']['heap'][f'{name} binary']
        yield f'smallest heap that echoes {name}: KiB, at most', heap / 1024, most
    for arch in ARCHS:
        file = natmod_file.read(natmod(arch))
        yield f'natmod, {arch}: bytes of the file, at most', file.size, 1638
        yield '  of machine code', file.text, 1126


def bytecode(module):
    """Of an imported module's functions, which stay in memory: how many, and the bytes of their
    bytecode and of their line numbers, as MicroPython's mpy-tool finds them in the .mpy file."""
    path = stage_all('native', ARCHS[0]) / module.replace('.', '/')
    path = path / '__init__.mpy' if path.is_dir() else path.with_suffix('.mpy')
    tool = made_with(ARCHS[0])[0] / 'tools' / 'mpy-tool.py'
    command = [sys.executable, tool, '-d', path]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    counts = [0, 0, 0]
    for name, size, lines in FUNCTION.findall(printed):
        # The code of a module, and of a class, is garbage once it has run.
        if name != '<module>' and not name[0].isupper():
            counts = [n + more for n, more in zip(counts, (1, int(size), (len(lines) + 1) // 3))]
    return counts


def import_rows(servers):
    """(what, bytes)"""
    native = servers['native']
    modules = [name for name in native['modules'] if name.startswith('microdot')]
    functions, code, lines = map(sum, zip(*map(bytecode, modules)))
    yield 'names, and tables of them', native['names']
    yield f'bytecode of {functions} functions', code - lines
    yield 'line numbers for tracebacks', lines
    yield 'functions, classes, dicts, strings', native['import'] - native['names'] - code
    yield 'all', native['import']


def heap_rows(servers):
    """(what, KiB) from Microdot's smallest heap to this project's, for messages of 16 bytes."""

    def heap(impl):
        return servers[impl]['heap']['16 B binary'] / 1024

    def more(kept):
        return (servers['native'][kept] - servers['microdot'][kept]) / 1024

    code = more('import') - more('names')
    rest = heap('native') - heap('microdot') - more('import') - more('connection')
    yield "Microdot's own module", heap('microdot')
    yield '+ names in what is imported', more('names')
    yield '+ functions, classes and dicts', code
    yield '+ an idle connection', more('connection')
    yield '+ buffer to send from, tasks, gaps', rest
    yield 'this project, native codec', heap('native')


def functions(arch):
    """{function: bytes} of what the natmod is linked from."""
    sizes = {}
    for path in sorted((natmod(arch).parent / 'obj').glob('*.o')):
        with path.open('rb') as file:
            for symbol in ELFFile(file).get_section_by_name('.symtab').iter_symbols():
                if symbol['st_info']['type'] == 'STT_FUNC' and symbol['st_size']:
                    sizes[symbol.name] = symbol['st_size']
    return sizes


def function_rows():
    of = {arch: functions(arch) for arch in ARCHS}
    for name in sorted(of['armv6m'], key=of['armv6m'].get, reverse=True):
        yield name, *(sizes.get(name) for sizes in of.values())
    yield 'all', *(sum(sizes.values()) for sizes in of.values())


def microseconds(step):
    return min(timeit.repeat(step, number=CALLS, repeat=REPEAT)) / CALLS * 1e6


def echo_rows(load):
    """(what, microseconds of CPU time) of one message."""
    from microdot_websocket import codec

    message = bytearray(pattern(SIZE) + b'\0')
    key = b'\x37\xfa\x21\x3d'
    cpu = {name: statistics.median(values) for name, values in load['cpu'].items()}
    yield 'this project, all of it', cpu['cpython']
    yield '  unmask()', microseconds(lambda: codec.unmask(message, 0, SIZE, key, 0))
    yield '  freeze(), which copies', microseconds(lambda: codec.freeze(message, SIZE, False))
    yield 'websockets, all of it', cpu['websockets']
    yield 'no WebSocket at all', cpu['raw']


def main(options):
    servers = report.read('memory')['servers']
    loads = report.read('echo')['echo']
    load = next(load for load in loads if (load['size'], load['window']) == (SIZE, 1))
    for arch in ARCHS:
        make('natmod', f'ARCH={arch}')
    goals = goal_rows(report.read('codec')['machines'], report.read('message')['servers'], servers)
    report.table('Goals', ['measured', 'to reach'], goals)
    report.table('The import, bytes', ['on a 32-bit machine'], import_rows(servers))
    title = 'The smallest heap that echoes 16 B, KiB'
    report.table(title, ['on a 32-bit machine'], heap_rows(servers))
    report.table("The natmod's functions, bytes of machine code", ARCHS, function_rows())
    title = 'An echo of 64 KiB by CPython, microseconds of CPU time'
    report.table(title, [platform.python_version()], echo_rows(load))
    report.write('stages', options, {}, report.micropython_version('micropython-armhf'), 'Microdot')
