"""How many messages a second three servers share through mosquitto, with 30 clients each:
PYTHONPATH=tests:tests/mqtt build/venv/bin/python tests/bench/relay.py --seconds 5

One client of each server sends; each message goes to all 90. The clients are one process, which
counts bytes: a message has 50. `make ext mqtt` first.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from frames import BINARY, frame
from mosquitto import Mosquitto
from raw_client import request_bytes
from relayed import Relayed

SIZE = 50  # bytes of a message
CLIENTS = 30  # of each server
WINDOW = 30  # messages of a sender that not all have yet
SETUPS = {
    'CPython, aiomqtt': [('cpython-native', 'of_aiomqtt')] * 3,
    'the same without the extension': [('cpython', 'of_aiomqtt')] * 3,
    'MicroPython (unix), aiomqttc': [('unix', 'over_tcp')] * 3,
    'two of MicroPython, one of CPython': [
        ('unix', 'over_tcp'),
        ('unix', 'over_tcp'),
        ('cpython-native', 'of_aiomqtt'),
    ],
}


class Client(asyncio.Protocol):
    """Which counts what it gets. Those that are `last` of their server's tell when that is more:
    a group sends to its members in turn."""

    def __init__(self, got):
        self.got = got
        self.last = False
        self.open = asyncio.get_running_loop().create_future()
        self.bytes = 0

    def connection_made(self, transport):
        self.transport = transport
        transport.write(request_bytes('/chat'))

    def data_received(self, data):
        if not self.open.done():
            self.open.set_result(None)
            data = data.partition(b'\r\n\r\n')[2]
        self.bytes += len(data)
        if self.last:
            self.got.set()

    @property
    def count(self):
        return self.bytes // (SIZE + 2)


async def send(sender, last, got, total):
    """As fast as the slowest server passes them on."""
    message = frame(BINARY, os.urandom(SIZE))
    for n in range(total):
        while n - min(client.count for client in last) // len(last) >= WINDOW:
            got.clear()
            await got.wait()
        sender.transport.write(message)


def cpu(processes):
    """Seconds of CPU time that they have taken, and those of this one, which has the clients."""
    taken = [time.process_time()]
    for process in processes:
        fields = Path(f'/proc/{process.pid}/stat').read_text().rpartition(')')[2].split()
        taken.append((int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK'))
    return taken


async def measure(servers, broker, seconds):
    loop = asyncio.get_running_loop()
    got = asyncio.Event()
    groups = []
    for server in servers:
        groups.append([])
        for _ in range(CLIENTS):
            make = loop.create_connection(lambda: Client(got), '127.0.0.1', server.port)
            groups[-1].append((await make)[1])
            await groups[-1][-1].open
    clients = sum(groups, [])
    last = [group[-1] for group in groups]
    for client in last:
        client.last = True

    async def all_have(n):
        while min(client.count for client in last) < n:
            got.clear()
            await asyncio.wait_for(got.wait(), 20)
        while min(client.count for client in clients) < n:
            await asyncio.sleep(0)

    async def share(total):
        """Seconds in which each of the senders' messages has reached all."""
        before = time.perf_counter()
        for client in clients:
            client.bytes = 0
        await asyncio.gather(*[send(group[0], last, got, total) for group in groups])
        await all_have(total * len(groups))
        return time.perf_counter() - before

    total = 50
    took = await share(total)
    total = max(50, int(total * seconds / took))
    processes = [broker.process, *[server.process for server in servers]]
    before = cpu(processes)
    took = await share(total)
    taken = [end - start for start, end in zip(before, cpu(processes))]
    delays = []
    for _ in range(50):
        before = time.perf_counter()
        for client in clients:
            client.bytes = 0
        groups[0][0].transport.write(frame(BINARY, bytes(SIZE)))
        await all_have(1)
        delays.append(time.perf_counter() - before)
        await asyncio.sleep(0.02)
    for client in clients:
        client.transport.abort()
    number = total * len(groups)
    milliseconds = [1000 * seconds / number for seconds in taken]
    return number / took, statistics.median(delays), milliseconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=float, default=5)
    seconds = parser.parse_args().seconds
    for name, setup in SETUPS.items():
        with tempfile.TemporaryDirectory() as folder:
            broker = Mosquitto(Path(folder))
            broker.start()
            servers = [Relayed(*words, broker) for words in setup]
            try:
                rate, delay, taken = asyncio.run(measure(servers, broker, seconds))
                dropped = [server.state()['dropped'] for server in servers]
            finally:
                for server in servers:
                    server.stop()
                broker.stop()
        print(
            f'{name}: {rate:.0f} messages/s, {rate * CLIENTS * len(setup):.0f} deliveries/s, '
            f'{delay * 1000:.1f} ms until the last of 90 has a message, {sum(dropped)} dropped; '
            'CPU time a message: clients {:.2f} ms, broker {:.2f} ms, servers '.format(*taken)
            + ', '.join(f'{milliseconds:.2f} ms' for milliseconds in taken[2:]),
            flush=True,
        )


if __name__ == '__main__':
    main()
