"""How fast messages are echoed over loopback, by this project and by others, on one connection.

One message at a time, and with 64 on their way at once. The servers take turns, several times over:
what else the machine does changes the figures, but hardly how they compare within one run.
"""

import statistics
import sys
import threading
import time
from contextlib import ExitStack

import report
from client import Closed, exchange
from servers import PEERS, STAGED, Server, make, micropython

HEAP = '16m'
BATCH = 40000  # bytes: what a socket takes at once, even if nobody reads it yet

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
LIBRARIES = 'websockets', 'aiohttp', 'picows'
ON_MICROPYTHON = 'native', 'python', 'microdot'
ON_CPYTHON = {'cpython': 'python', 'microdot-cpython': 'microdot'}  # and what each runs
SIZES = 16, 125, 1024, 65536, 1 << 20
WINDOWS = {1: 'one message at a time', 64: '64 messages in flight'}

# Size, messages in flight, server, the one that it is compared with, and how many times as fast it
# is to be; None where no figure is set.
RATIOS = [
    (65536, 1, 'native', 'microdot', 60),
    (65536, 1, 'native', 'websockets', 1),
    (65536, 1, 'native', 'aiohttp', None),
    (1024, 64, 'native', 'microdot', 10),
    (1024, 64, 'native', 'websockets', 1),
    (1024, 64, 'native', 'aiohttp', None),
    (16, 64, 'native', 'microdot', 3),
    (16, 64, 'native', 'websockets', 1),
    (16, 64, 'native', 'aiohttp', None),
    (16, 1, 'native', 'microdot', 1),
    (65536, 1, 'cpython', 'microdot-cpython', 25),
    (65536, 1, 'cpython', 'websockets', 0.8),
    (65536, 1, 'python', 'microdot', 15),
]

# With --quick: enough for what is said above of the native codec.
QUICK = {'servers': ('native', 'microdot', 'websockets', 'aiohttp'), 'sizes': (16, 1024, 65536)}


def start(name):
    """A server that has come to serve, and is what it is said to be."""
    if name in ON_MICROPYTHON:
        command, env = micropython('micropython', name, 'x64')
        server = Server([*command, '-X', f'heapsize={HEAP}', '-m', 'echo', 'PORT', name], env)
        server.check(name)
    elif name in ON_CPYTHON:
        server = Server([sys.executable, STAGED / 'echo.py', 'PORT', ON_CPYTHON[name]], None)
        server.check(ON_CPYTHON[name])
    else:
        server = Server([sys.executable, PEERS / f'{name}_echo.py', 'PORT'], None)
        if not server.serves():
            raise RuntimeError(f'{name} does not serve: {server.console}')
    return server


class Timer:
    """Counts messages for some seconds: `rate` a second, `cpu` microseconds of the server each."""

    def __init__(self, server, seconds):
        self.server = server
        self.seconds = seconds
        self.count = 0
        self.started = time.perf_counter()
        self.cpu_started = server.cpu_seconds()

    def ended(self, count):
        """Count messages; whether it is enough of them."""
        self.count += count
        taken = time.perf_counter() - self.started
        if taken < self.seconds:
            return False
        self.rate = self.count / taken
        self.cpu = (self.server.cpu_seconds() - self.cpu_started) / self.count * 1e6
        return True


def one_at_a_time(server, client, request, reply, seconds):
    """The Timer."""
    buf = bytearray(len(reply))
    timer = Timer(server, seconds)
    while True:
        client.send(request)
        client.receive(buf)
        if timer.ended(1):
            return timer


def in_flight(server, client, request, reply, window, seconds):
    """The Timer, with so many messages on their way."""
    # Short ones go and come several at a time, or the client would do as much as the server.
    batch = max(1, min(window // 2, BATCH // len(request)))
    requests, buf = request * batch, bytearray(len(reply) * batch)
    permits = threading.Semaphore(window // batch)

    def send():
        try:
            while True:
                permits.acquire()
                client.send(requests)
        except Closed:
            pass  # that is how it ends

    sender = threading.Thread(target=send)
    sender.start()
    try:
        client.receive(buf, at_once=True)
        timer = Timer(server, seconds)
        while True:
            permits.release()
            client.receive(buf, at_once=True)
            if timer.ended(batch):
                return timer
    finally:
        client.end()
        permits.release()
        sender.join()


def measure(server, size, window, seconds):
    """The Timer of one server's turn."""
    client = server.client(timeout=60)
    request, reply = exchange(size)
    if not client.echo_frame(request, reply):
        raise RuntimeError('a message came back changed')
    if window == 1:
        timer = one_at_a_time(server, client, request, reply, seconds)
    else:
        timer = in_flight(server, client, request, reply, window, seconds)
        client.close()
        # The next server's turn comes when this one is done with what was on its way.
        client = server.client(timeout=60)
        client.echo(16)
    client.close()
    return timer


def take_turns(servers, sizes, rounds, seconds):
    """[{window:, size:, rate: {server: [one a round]}, cpu: {server: [one a round]}}]"""
    results = [
        {'window': window, 'size': size, 'rate': {}, 'cpu': {}}
        for window in WINDOWS
        for size in sizes
    ]
    with ExitStack() as stack:
        running = {name: stack.enter_context(start(name)) for name in servers}
        for i in range(rounds):
            print(f'\rround {i + 1} of {rounds} ', end='', file=sys.stderr, flush=True)
            for result in results:
                for name, server in running.items():
                    timer = measure(server, result['size'], result['window'], seconds)
                    result['rate'].setdefault(name, []).append(timer.rate)
                    result['cpu'].setdefault(name, []).append(timer.cpu)
    print(file=sys.stderr)
    return results


def show(results, window):
    results = [result for result in results if result['window'] == window]
    sizes = [report.size(result['size']) for result in results]
    servers = list(results[0]['rate'])

    def rows(figure):
        return [(SERVERS[name], *(figure(name, result) for result in results)) for name in servers]

    def rate(name, result):
        return report.spread(result['rate'][name])

    def megabytes(name, result):
        return statistics.median(result['rate'][name]) * result['size'] / 1e6

    def cpu(name, result):
        return report.spread(result['cpu'][name])

    title = f'Echo, {WINDOWS[window]}'
    report.table(f'{title}: messages a second, and how they spread', sizes, rows(rate))
    report.table(f'{title}: MB a second', sizes, rows(megabytes))
    report.table(f"{title}: microseconds of the server's CPU time", sizes, rows(cpu))


def ratios(results):
    """(what, the ratios in each round, those of the CPU time, what is to be reached)"""
    by_load = {(result['size'], result['window']): result for result in results}
    for size, window, a, b, least in RATIOS:
        result = by_load.get((size, window))
        if result and {a, b} <= set(result['rate']):
            rate = [x / y for x, y in zip(result['rate'][a], result['rate'][b])]
            cpu = [y / x for x, y in zip(result['cpu'][a], result['cpu'][b])]
            yield f'{report.size(size)}, {WINDOWS[window]}: {a} to {b}', rate, cpu, least


def main(options):
    make('build/bin/micropython')
    quick = QUICK if options.quick else {}
    servers = report.chosen(options.servers or quick.get('servers'), SERVERS)
    sizes = options.sizes or quick.get('sizes', SIZES)
    rounds, seconds = (3, 0.25) if options.quick else (5, 0.5)
    results = take_turns(servers, sizes, rounds, seconds)
    for window in WINDOWS:
        show(results, window)
    rows = [
        (what, report.spread(rate), report.spread(cpu), least)
        for what, rate, cpu, least in ratios(results)
    ]
    if rows:
        columns = 'measured', 'by CPU time', 'to reach'
        report.table('How many times as fast', columns, rows)
    results = {'rounds': rounds, 'seconds': seconds, 'echo': results}
    version = report.micropython_version('micropython')
    report.write('echo', options, results, version, 'Microdot', *LIBRARIES)
