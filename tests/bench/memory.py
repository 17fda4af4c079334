"""RAM, on a 32-bit machine as boards are: MicroPython for armhf, run by QEMU, the armv6m natmod.

`import`: bytes of the heap that the WebSocket package keeps, on top of Microdot.
`heap`: the smallest heap in which a fresh server echoes three messages on one connection.
`connection`: bytes of the heap that an idle connection keeps.
"""

import re
import subprocess

import natmod_file
import report
from client import Closed
from frames import BINARY, TEXT
from interpreters import natmod
from servers import IMPLS, Server, make, micropython

PROGRAM, ARCH = 'micropython-armhf', 'armv6m'
MESSAGES = [
    (16, BINARY),
    (16, TEXT),
    (4096, BINARY),
    (16384, BINARY),
    (65536, BINARY),
    (65536, TEXT),
]
STEP = 256  # bytes, of the heap
MOST = 512 * 1024
CONNECTIONS = 4, 24  # between which the bytes per connection are counted


def import_memory(command, env, by_module=False):
    """What staged/import_memory.py prints: bytes by name."""
    command = [*command, '-c', f'import import_memory; import_memory.main({by_module})']
    printed = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: int(size) for name, size in re.findall(r'^(\S+) (-?\d+)$', printed, re.M)}


def start(command, env, impl, heap):
    # A task that ran out of memory can leave its connection open, and its peer waiting.
    command = [*command, '-X', f'heapsize={heap}', '-m', 'echo', 'PORT', impl]
    return Server(command, env, fatal='MemoryError')


def echoes(server, size, opcode, times=3):
    """Whether a server does that, in whatever way it may fail."""
    if not server.serves():
        return False
    try:
        client = server.client(timeout=10)
        return all(client.echo(size, opcode) for _ in range(times))
    except (Closed, OSError):
        return False


def smallest_heap(command, env, impl, size, opcode):
    """In bytes. There may be gaps above it, since it depends on where things come to lie."""
    fails, works = 0, MOST // STEP
    while works - fails > 1:
        steps = (fails + works) // 2
        with start(command, env, impl, steps * STEP) as server:
            if echoes(server, size, opcode):
                works = steps
            else:
                fails = steps
    return works * STEP


def connection_memory(command, env, impl):
    """Bytes per connection, each of which has echoed a message."""
    few, many = CONNECTIONS
    clients, used = [], {}
    with start(command, env, impl, MOST) as server:
        server.check(impl)
        for count in CONNECTIONS:
            while len(clients) < count:
                clients.append(server.client())
                clients[-1].echo(16)
            used[count] = int(server.get('/memory'))
    return round((used[many] - used[few]) / (many - few))


def measure(impl, sizes):
    """The figures of one server; bytes."""
    command, env = micropython(PROGRAM, impl, ARCH)
    messages = [message for message in MESSAGES if message[0] in sizes]
    return {
        'import': import_memory(command, env)['all'],
        'modules': import_memory(command, env, by_module=True),
        'connection': connection_memory(command, env, impl),
        'heap': {
            report.message(size, opcode == TEXT): smallest_heap(command, env, impl, size, opcode)
            for size, opcode in messages
        },
    }


def main(options):
    make('natmod', f'ARCH={ARCH}')
    make(f'build/bin/{PROGRAM}')
    impls = [impl for impl in IMPLS if impl in (options.servers or IMPLS)]
    sizes = options.sizes or {size for size, _ in MESSAGES}
    results = {impl: measure(impl, sizes) for impl in impls}
    code = natmod_file.read(natmod(ARCH)).text
    columns = [IMPLS[impl] for impl in impls]

    def row(title, figure):
        return title, *(figure(results[impl]) for impl in impls)

    report.table(
        'RAM on a 32-bit machine (armhf under QEMU): bytes of the heap',
        columns,
        [
            row('import, on top of Microdot', lambda of: of['import']),
            row('an idle connection', lambda of: of['connection']),
        ],
    )
    print(f'  The machine code of the natmod, {code} bytes, is not in the heap on this machine.')
    heaps = results[impls[0]]['heap']
    report.table(
        'The smallest heap in which messages are echoed, KiB',
        columns,
        [row(title, lambda of, title=title: of['heap'][title] / 1024) for title in heaps],
    )
    modules = sorted({module for of in results.values() for module in of['modules']} - {'all'})
    report.table(
        'Import by module, bytes',
        columns,
        [row(module, lambda of, module=module: of['modules'].get(module)) for module in modules],
    )
    version = report.micropython_version(PROGRAM)
    report.write('memory', options, {'natmod_code': code, 'servers': results}, version, 'Microdot')
