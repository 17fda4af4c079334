"""How fast messages are echoed over loopback, by this project and by others, on one connection.

loads.py has what is sent, and how the servers take turns. `cpython` compares those on CPython
closer.
"""

import sys

import cpython_servers
import loads
import report
from cpython_servers import LIBRARIES
from loads import WINDOW
from servers import PEERS, Server, make, micropython

HEAP = '16m'

SERVERS = {
    'native': 'this project, MicroPython',
    'python': 'the same with the Python codec',
    'microdot': "Microdot's own, MicroPython",
    'cpython': 'this project, CPython',
    'microdot-cpython': "Microdot's own, CPython",
    'websockets': 'websockets, CPython',
    'aiohttp': 'aiohttp, CPython',
    'picows': 'picows, CPython',
    'raw': '(the limit: no WebSocket at all)',
}
ON_MICROPYTHON = 'native', 'python', 'microdot'
ON_CPYTHON = {
    'cpython': 'native',
    'microdot-cpython': 'microdot',
    **dict(zip(LIBRARIES, LIBRARIES)),
}
SIZES = 16, 125, 1024, 65536, 1 << 20

# Load, size, server, and the one that it is compared with. goals.py has what is to be reached.
RATIOS = [
    ((1, 'each'), 65536, 'native', 'microdot'),
    ((1, 'each'), 65536, 'native', 'websockets'),
    ((1, 'each'), 65536, 'native', 'aiohttp'),
    ((1, 'each'), 16, 'native', 'microdot'),
    ((WINDOW, 'batch'), 1024, 'native', 'microdot'),
    ((WINDOW, 'batch'), 1024, 'native', 'aiohttp'),
    ((WINDOW, 'batch'), 1024, 'native', 'picows'),
    ((WINDOW, 'batch'), 16, 'native', 'microdot'),
    ((WINDOW, 'batch'), 16, 'native', 'aiohttp'),
    ((WINDOW, 'batch'), 16, 'native', 'picows'),
    ((WINDOW, 'each'), 1024, 'native', 'picows'),
    ((WINDOW, 'each'), 16, 'native', 'picows'),
    ((1, 'each'), 65536, 'cpython', 'microdot-cpython'),
    ((1, 'each'), 65536, 'cpython', 'websockets'),
    ((1, 'each'), 65536, 'python', 'microdot'),
]

# With --quick: enough for what is said above of the native codec.
QUICK = {
    'servers': ('native', 'microdot', 'websockets', 'aiohttp', 'picows'),
    'sizes': (16, 1024, 65536),
}


def start(name):
    """A server that has come to serve, and is what it is said to be."""
    if name in ON_MICROPYTHON:
        command, env = micropython('micropython', name, 'x64')
        command += '-X', f'heapsize={HEAP}', '-m', 'probed_echo', 'PORT', name
        server = Server(command, env)
        server.check(name)
        return server
    if name in ON_CPYTHON:
        return cpython_servers.start(ON_CPYTHON[name])
    server = Server([sys.executable, PEERS / f'{name}_echo.py', 'PORT'], None)
    if not server.serves():
        raise RuntimeError(f'{name} does not serve: {server.console}')
    return server


def main(options):
    make('build/bin/micropython')
    quick = QUICK if options.quick else {}
    servers = report.chosen(options.servers or quick.get('servers'), SERVERS)
    if 'cpython' in servers:
        make('ext')
    sizes = options.sizes or quick.get('sizes', SIZES)
    rounds, seconds = (3, 0.25) if options.quick else (5, 0.5)
    results = loads.take_turns(start, servers, sizes, rounds, seconds)
    loads.show(results, SERVERS, RATIOS, 'Echo')
    results = {'rounds': rounds, 'seconds': seconds, 'echo': results}
    version = report.micropython_version('micropython')
    report.write('echo', options, results, version, 'Microdot', *LIBRARIES)
