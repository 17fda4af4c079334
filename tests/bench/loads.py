"""The loads that echo servers are put under on one connection, and how they take turns.

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

BATCH = 40000  # bytes: what a socket takes at once, even if nobody reads it yet
WINDOW = 64
# (messages in flight, how the client sends them)
LOADS = {
    (1, 'each'): 'one message at a time',
    (WINDOW, 'batch'): f'{WINDOW} messages in flight, many a system call',
    (WINDOW, 'each'): f'{WINDOW} messages in flight, one a system call',
}


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


def take_turns(start, servers, sizes, rounds, seconds):
    """[{window:, client:, size:, rate: {server: [one a round]}, cpu: {server: [one a round]}}]

    `start(name)` starts one of the servers.
    """
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


def ratios(results, compared):
    """(what, how it compares in each round, and by the CPU time)"""
    for load, size, a, b in compared:
        result = find(results, load, size)
        if result and {a, b} <= set(result['rate']):
            yield f'{report.size(size)}, {LOADS[load]}: {a} to {b}', *ratio(result, a, b)


def show(results, titles, compared, what):
    """Print the results. `titles`: {server: its title}; `compared`: (load, size, server, and the
    one that it is compared with); `what`: what the tables are of"""
    for load in LOADS:
        show_load(results, load, titles, what)
    rows = [
        (what, report.spread(rate), report.spread(cpu))
        for what, rate, cpu in ratios(results, compared)
    ]
    if rows:
        report.table('How many times as fast', ['measured', 'by CPU time'], rows)


def show_load(results, load, titles, what):
    results = [result for result in results if (result['window'], result['client']) == load]
    if not results:
        return
    sizes = [report.size(result['size']) for result in results]

    def rows(figure):
        return [
            (titles[name], *(figure(name, result) for result in results))
            for name in results[0]['rate']
        ]

    def rate(name, result):
        return report.spread(result['rate'][name])

    def megabytes(name, result):
        return statistics.median(result['rate'][name]) * result['size'] / 1e6

    def cpu(name, result):
        return report.spread(result['cpu'][name])

    title = f'{what}, {LOADS[load]}'
    report.table(f'{title}: messages a second, and how they spread', sizes, rows(rate))
    report.table(f'{title}: MB a second', sizes, rows(megabytes))
    report.table(f"{title}: microseconds of the server's CPU time", sizes, rows(cpu))
