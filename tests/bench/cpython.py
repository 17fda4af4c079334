"""This project on CPython, and what else there is for it, by the CPU time of the server.

Each server runs on asyncio's event loop, and on uvloop. loads.py sends messages on one connection;
idle.py and broadcast.py have many, and a fresh process for each turn.

The client shares one core with the servers. Else the system puts them on one core or on two as it
likes, and on two a server pays up to 20 microseconds to wake the client. So the CPU time is the
server's alone, but messages a second are those of both.
"""

import os
import sys
from contextlib import contextmanager

import broadcast
import idle
import loads
import report
from cpython_servers import LIBRARIES, SERVERS, UVLOOP, start
from loads import WINDOW
from servers import make

SIZES = 16, 125, 1024, 65536, 1 << 20

# Load, size, server, and the one that it is compared with. goals.py has what is to be reached.
RATIOS = [
    (load, size, f'native{loop}', f'{other}{loop}')
    for load, sizes in (
        ((1, 'each'), (16, 1024, 65536)),
        ((WINDOW, 'batch'), (16, 1024)),
        ((WINDOW, 'each'), (16, 1024, 65536)),
    )
    for size in sizes
    for loop in ('', UVLOOP)
    for other in ('python', 'microdot', *LIBRARIES)
]

# With --quick: on asyncio's event loop, without Microdot's own module.
QUICK = {'servers': ('native', 'python', *LIBRARIES), 'sizes': (16, 1024, 65536)}


def take_turns(names, rounds, measure, what):
    """{server: [what measure(server) gives, one a round]}"""
    results = {name: [] for name in names}
    for i in range(rounds):
        for name in names:
            print(f'\r{what}: round {i + 1} of {rounds} ', end='', file=sys.stderr, flush=True)
            with start(name) as server:
                results[name].append(measure(server))
    print(file=sys.stderr)
    return results


@contextmanager
def one_core():
    """For this process, and for those that it starts meanwhile."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def measure(servers, sizes, rounds, seconds):
    def beside_idle(server):
        return idle.measure(server, seconds)

    def to_many(server):
        return broadcast.measure(server, seconds)

    idle.allow_many()
    with one_core():
        return {
            'rounds': rounds,
            'seconds': seconds,
            'echo': loads.take_turns(start, servers, sizes, rounds, seconds),
            'idle': take_turns(servers, rounds, beside_idle, 'idle connections'),
            'broadcast': take_turns(servers, rounds, to_many, 'broadcast'),
        }


def show(results):
    loads.show(results['echo'], SERVERS, RATIOS, 'Echo on one core, the client there too')
    idle.show(results['idle'], SERVERS)
    broadcast.show(results['broadcast'], SERVERS)


def main(options):
    quick = QUICK if options.quick else {}
    servers = report.chosen(options.servers or quick.get('servers'), SERVERS)
    if {'native', f'native{UVLOOP}'} & set(servers):
        make('ext')
    sizes = options.sizes or quick.get('sizes', SIZES)
    results = measure(servers, sizes, *((3, 0.25) if options.quick else (5, 0.5)))
    show(results)
    report.write('cpython', options, results, None, 'Microdot', *LIBRARIES, 'uvloop')
