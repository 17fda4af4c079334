"""RAM, on a 32-bit machine as boards are: MicroPython for armhf, run by QEMU, the armv6m natmod.

Twice: with a natmod's machine code in memory of its own, as the ESP32, S2 and S3 have it (Debian's
build of the unix port), and with that on the heap, as the RP2040 and the STM32 have it (the unix
port of MPY_DIR, without TLS: tests/emulators/gcheap).

`import`: bytes of the heap that the WebSocket package keeps, on top of Microdot.
`new names`: how many names (qstrs) it brings that Microdot's own module does not.
`features`: what an optional feature keeps besides, once it is used.
`heap`: the smallest heap in which a fresh server echoes three messages on one connection.
`connection`: bytes of the heap that an idle connection keeps.
`piece`: the longest piece of a heap that is free behind so many connections of browsers.
"""

import re
import subprocess

import names
import report
from client import Closed
from frames import BINARY, TEXT
from interpreters import natmod
from microdot_websocket.cli import natmod_file
from servers import IMPLS, Server, make, micropython
from staged.feature_memory import FEATURES

ARCH = 'armv6m'
PROGRAMS = {
    'micropython-armhf': 'native text elsewhere',
    'micropython-armhf-gcheap': 'native text on the heap',
}
ELSEWHERE, ON_HEAP = PROGRAMS
MESSAGES = [
    (16, BINARY),
    (16, TEXT),
    (4096, BINARY),
    (16384, BINARY),
    (65536, BINARY),
    (65536, TEXT),
]
ON_HEAP_SIZES = 16, 16384, 65536  # there binary messages only
QUICK = 'native', 'microdot'  # with --quick, and on the heap; binary messages only
STEP = 256  # bytes, of the heap
MOST = 512 * 1024
TRIES = 3
CONNECTIONS = 4, 16  # between which the bytes per connection are counted
PIECE_CONNECTIONS = 8
PIECE_HEAP = 128 * 1024
PIECE = f'longest free piece of {PIECE_HEAP >> 10} KiB, {PIECE_CONNECTIONS} browsers connected'
BROWSER = (  # what it sends besides
    'Pragma: no-cache',
    'Cache-Control: no-cache',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
    'Accept-Encoding: gzip, deflate',
    'Accept-Language: en-US,en;q=0.9',
)


def import_memory(command, env, by_module=False):
    """Bytes by module; `all`, and `names` in it: strings, and the tables of them (qstrs)."""
    script = 'import_modules' if by_module else 'import_memory'
    return kept_memory(command, env, f'import {script}; {script}.main()')


def feature_memory(command, env):
    memory = {}
    for feature in FEATURES:
        code = f'import feature_memory; feature_memory.main({feature!r})'
        memory |= kept_memory(command, env, code)
    return memory


def kept_memory(command, env, code):
    """What a script in staged/ prints: bytes by name."""
    command = [*command, '-c', code]
    printed = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
    sizes = {name: int(size) for name, size in re.findall(r'^(\S+) (-?\d+)$', printed, re.M)}
    names = [int(size) for size in re.findall(r'n_total_bytes=(\d+)', printed)]
    return {**sizes, 'names': names[-1] - names[0]} if names else sizes


def start(command, env, heap, *app):
    # A task that ran out of memory can leave its connection open, and its peer waiting.
    return Server([*command, '-X', f'heapsize={heap}', '-m', *app], env, fatal='MemoryError')


def echoes(server, size, opcode, times=3):
    """Whether a server does that, in whatever way it may fail."""
    if not server.serves():
        return False
    try:
        client = server.client(timeout=40)  # Microdot takes seconds to unmask 64 KiB in QEMU
        return all(client.echo(size, opcode) for _ in range(times))
    except (Closed, OSError):
        return False


def smallest_heap(command, env, size, opcode):
    """In bytes. There may be gaps above it, since it depends on where things come to lie; and on
    how the network cuts the message, so it may try more than once."""

    def works_in(heap):
        with start(command, env, heap, 'echo', 'PORT') as server:
            return echoes(server, size, opcode)

    fails, works = 0, MOST // STEP
    while works - fails > 1:
        steps = (fails + works) // 2
        if any(works_in(steps * STEP) for _ in range(TRIES)):
            works = steps
        else:
            fails = steps
    return works * STEP


def connection_memory(command, env, impl):
    """Bytes per connection, each of which has echoed a message."""
    few, many = CONNECTIONS
    clients, used = [], {}
    with start(command, env, MOST, 'probed_echo', 'PORT', impl) as server:
        server.check(impl)
        for count in CONNECTIONS:
            while len(clients) < count:
                clients.append(server.client())
                clients[-1].echo(16)
            used[count] = int(server.get('/memory'))
    return round((used[many] - used[few]) / (many - few))


def longest_piece(command, env, impl):
    """Bytes in one piece behind PIECE_CONNECTIONS that come one after the other."""
    clients = []
    with start(command, env, PIECE_HEAP, 'probed_echo', 'PORT', impl) as server:
        server.check(impl)
        for _ in range(PIECE_CONNECTIONS):
            clients.append(server.client(headers=BROWSER))
            for client in clients:
                client.echo(16)
        return int(server.get('/piece'))


def measure(program, impl, messages):
    """The figures of one server; bytes."""
    command, env = micropython(program, impl, ARCH)
    whole = import_memory(command, env)
    is_native = impl == 'native'
    return {
        'import': whole['all'],
        'names': whole['names'],
        'new names': len(names.new_names(program, ARCH)) if is_native else None,
        # The twin's modules import each other from folders, which import_modules.py cannot follow.
        'modules': {} if impl == 'python' else import_memory(command, env, by_module=True),
        'features': feature_memory(command, env) if is_native else {},
        'connection': connection_memory(command, env, impl),
        'piece': longest_piece(command, env, impl),
        'heap': {
            report.message(size, opcode == TEXT): smallest_heap(command, env, size, opcode)
            for size, opcode in messages
        },
    }


def show(servers, code, where):
    def rows(figures):
        return [(title, *map(figure, servers.values())) for title, figure in figures]

    def kept(name):
        return lambda of: of[name]

    def heap(name):
        return lambda of: of['heap'][name] / 1024

    def module(name):
        return lambda of: of['modules'].get(name)

    columns = [IMPLS[impl] for impl in servers]
    report.table(
        f'RAM on a 32-bit machine, {where}: bytes of the heap',
        columns,
        [
            *rows([('the import, on top of Microdot', kept('import'))]),
            *rows([('  of which names, and tables of them', kept('names'))]),
            *rows([('  how many that Microdot does not bring', kept('new names'))]),
            *rows([('an idle connection', kept('connection'))]),
            *rows([(f'the {PIECE}', kept('piece'))]),
            ('machine code of the natmod', *(code[impl] for impl in servers)),
        ],
    )
    heaps = next(iter(servers.values()))['heap']
    title = f'The smallest heap in which messages are echoed, {where}, KiB'
    report.table(title, columns, rows((name, heap(name)) for name in heaps))
    if where == PROGRAMS[ELSEWHERE]:
        modules = {name for of in servers.values() for name in of['modules']} - {'all', 'names'}
        figures = ((name, module(name)) for name in sorted(modules))
        report.table('Import by module, bytes', columns, rows(figures))
        features = servers.get('native', {}).get('features', {})
        title = 'What a feature takes besides, once it is used, bytes'
        report.table(title, [IMPLS['native']], features.items())


def main(options):
    make('natmod', f'ARCH={ARCH}')
    for program in PROGRAMS:
        make(f'build/bin/{program}')
    words = options.servers or (options.quick and QUICK)
    messages = [
        (size, opcode)
        for size, opcode in MESSAGES
        if size in (options.sizes or (size,)) and (opcode == BINARY or not options.quick)
    ]
    few = [(size, opcode) for size, opcode in messages if opcode == BINARY if size in ON_HEAP_SIZES]
    impls = report.chosen(words, IMPLS)
    servers = {impl: measure(ELSEWHERE, impl, messages) for impl in impls}
    on_heap = {impl: measure(ON_HEAP, impl, few) for impl in impls if impl in QUICK}
    code = {**dict.fromkeys(IMPLS), 'native': natmod_file.read(natmod(ARCH)).text}
    show(servers, code, PROGRAMS[ELSEWHERE])
    if on_heap:
        show(on_heap, code, PROGRAMS[ON_HEAP])
    results = {'servers': servers, 'on the heap': on_heap}
    version = ' and '.join(map(report.micropython_version, PROGRAMS))
    report.write('memory', options, results, version, 'Microdot')
