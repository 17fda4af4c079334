"""The figures that were set as goals (goals.py), and where bytes go for those that are hardest to
reach.

What the import keeps; the smallest heap, compared with Microdot's; the natmod's machine code by
function. Run it behind the parts before it, from whose results most of it is. Where cycles go,
`profile` tells.
"""

import re
import subprocess
import sys

import goals
import report
from elftools.elf.elffile import ELFFile
from interpreters import natmod
from servers import made_with, make, stage_all

ARCHS = goals.ARCHS
FUNCTION = re.compile(r'^simple_name: (.+)\n  raw bytecode: (\d+) ', re.M)


def bytecode(module):
    """Of an imported module's functions, which stay in memory: how many, and the bytes of their
    bytecode, as MicroPython's mpy-tool finds them in the .mpy file."""
    path = stage_all('native', ARCHS[0]) / module.replace('.', '/')
    path = path / '__init__.mpy' if path.is_dir() else path.with_suffix('.mpy')
    tool = made_with(ARCHS[0])[0] / 'tools' / 'mpy-tool.py'
    command = [sys.executable, tool, '-d', path]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    # The code of a module, and of a class, is garbage once it has run.
    sizes = [
        int(size)
        for name, size in FUNCTION.findall(printed)
        if name != '<module>' and not name[0].isupper()
    ]
    return len(sizes), sum(sizes)


def import_rows(servers):
    """(what, bytes)"""
    native = servers['native']
    modules = [name for name in native['modules'] if name.startswith('microdot')]
    functions, code = map(sum, zip(*map(bytecode, modules)))
    yield 'names, and tables of them', native['names']
    yield f'bytecode of {functions} functions', code
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
    yield '+ tasks, gaps', rest
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


def main(options):
    servers = report.read('memory')['servers']
    for arch in ARCHS:
        make('natmod', f'ARCH={arch}')
    report.table('Goals', ['measured', 'to reach', ''], goals.rows())
    report.table('The import, bytes', ['on a 32-bit machine'], import_rows(servers))
    title = 'The smallest heap that echoes 16 B, KiB'
    report.table(title, ['on a 32-bit machine'], heap_rows(servers))
    report.table("The natmod's functions, bytes of machine code", ARCHS, function_rows())
    report.write('stages', options, {}, report.micropython_version('micropython-armhf'), 'Microdot')
