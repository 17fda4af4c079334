"""How fast messages are echoed over loopback, by this project and by others, on one connection.

One message at a time, and with 64 on their way at once. Of the latter there are two clients: one
sends many frames in one system call, as a client does that writes through a buffer; and one sends
each with a call of its own, which wakes the server for it. Messages too large for the first are
sent by the second alone. The servers take turns, several times over: what else the machine does
changes the figures, but hardly how they compare within one run.
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
WINDOW = 64
# (messages in flight, how the client sends them)
LOADS = {
    (1, 'each'): 'one message at a time',
    (WINDOW, 'batch'): f'{WINDOW} messages in flight, many a system call',
    (WINDOW, 'each'): f'{WINDOW} messages in flight, one a system call',
}

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
    elif name in ON_CPYTHON:
        server = Server([sys.executable, STAGED / 'probed_echo.py', 'PORT', ON_CPYTHON[name]], None)
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


def batch_of(size):
    """How many messages of a size are sent in one system call, half of those in flight at most."""
    return max(1, min(WINDOW // 2, BATCH // size))


def each(server, client, request, reply, seconds):
    """The Timer, with a system call for each message, which are so small that all have room."""
    buf = bytearray(len(reply) * WINDOW)
    for _ in range(WINDOW):
        client.send(request)
    timer = Timer(server, seconds)
    received = 0
    while True:
        count, received = divmod(received + client.receive_some(buf), len(reply))
        for _ in range(count):
            client.send(request)
        if timer.ended(count):
            return timer


def batches(server, client, request, reply, seconds):
    """The Timer, with many messages a system call."""
    # Another thread sends, so that neither end waits for the other with all buffers full.
    batch = batch_of(len(request))
    requests, buf = request * batch, bytearray(len(reply) * batch)
    permits = threading.Semaphore(WINDOW // batch)

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


def measure(server, size, load, seconds):
    """The Timer of one server's turn."""
    client = server.client(timeout=60)
    request, reply = exchange(size)
    if not client.echo_frame(request, reply):
        raise RuntimeError('a message came back changed')
    window, how = load
    if window == 1:
        run = one_at_a_time
    else:
        run = each if how == 'each' and batch_of(size) > 1 else batches
    timer = run(server, client, request, reply, seconds)
    client.close()
    if window > 1:
        # The next server's turn comes when this one is done with what was on its way.
        client = server.client(timeout=60)
        client.echo(16)
        client.close()
    return timer


def take_turns(servers, sizes, rounds, seconds):
    """[{window:, client:, size:, rate: {server: [one a round]}, cpu: {server: [one a round]}}]"""
    results = [
        {'window': window, 'client': how, 'size': size, 'rate': {}, 'cpu': {}}
        for window, how in LOADS
        for size in sizes
        if how == 'each' or batch_of(size) > 1
    ]
    with ExitStack() as stack:
        running = {name: stack.enter_context(start(name)) for name in servers}
        for i in range(rounds):
            print(f'\rround {i + 1} of {rounds} ', end='', file=sys.stderr, flush=True)
            for result in results:
                load = result['window'], result['client']
                for name, server in running.items():
                    timer = measure(server, result['size'], load, seconds)
                    result['rate'].setdefault(name, []).append(timer.rate)
                    result['cpu'].setdefault(name, []).append(timer.cpu)
    print(file=sys.stderr)
    return results


def show(results, load):
    results = [result for result in results if (result['window'], result['client']) == load]
    if not results:
        return
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

    title = f'Echo, {LOADS[load]}'
    report.table(f'{title}: messages a second, and how they spread', sizes, rows(rate))
    report.table(f'{title}: MB a second', sizes, rows(megabytes))
    report.table(f"{title}: microseconds of the server's CPU time", sizes, rows(cpu))


def find(results, load, size):
    """The result of a load, or None."""
    for result in results:
        if (result['window'], result['client'], result['size']) == (*load, size):
            return result
    return None


def ratio(result, a, b):
    """How many times as fast one server is as another: in each round, and by the CPU time."""
    rate = [x / y for x, y in zip(result['rate'][a], result['rate'][b])]
    return rate, [y / x for x, y in zip(result['cpu'][a], result['cpu'][b])]


def ratios(results):
    """(what, how it compares in each round, and by the CPU time)"""
    for load, size, a, b in RATIOS:
        result = find(results, load, size)
        if result and {a, b} <= set(result['rate']):
            yield f'{report.size(size)}, {LOADS[load]}: {a} to {b}', *ratio(result, a, b)


def main(options):
    make('build/bin/micropython')
    quick = QUICK if options.quick else {}
    servers = report.chosen(options.servers or quick.get('servers'), SERVERS)
    sizes = options.sizes or quick.get('sizes', SIZES)
    rounds, seconds = (3, 0.25) if options.quick else (5, 0.5)
    results = take_turns(servers, sizes, rounds, seconds)
    for load in LOADS:
        show(results, load)
    rows = [(what, report.spread(rate), report.spread(cpu)) for what, rate, cpu in ratios(results)]
    if rows:
        report.table('How many times as fast', ['measured', 'by CPU time'], rows)
    results = {'rounds': rounds, 'seconds': seconds, 'echo': results}
    version = report.micropython_version('micropython')
    report.write('echo', options, results, version, 'Microdot', *LIBRARIES)
