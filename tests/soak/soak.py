"""Many connections at once for some time, and then a look at what they left behind.

    soak.py [--seconds N] [--connections N] [--seed N] [INTERPRETER...]

The exit code is 1 if a message was lost, doubled, damaged, out of order or of another connection,
if anything stalled or ended in another way than it should, or if the server holds more memory or
tasks at the end than before. All interpreters are tried at once.
"""

import argparse
import asyncio
import json
import random
import re
import signal
import statistics
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from client import CUT_HANDSHAKES, WAYS, Connection  # noqa: E402
from interpreters import IMPL  # noqa: E402
from server_process import Server  # noqa: E402

SIZES = {'unix': (256 << 10, '64m'), 'armhf-armv6m': (16 << 10, '16m')}  # longest message, heap
# Bytes that the server may hold more at the end: of hundreds of connections at most one, which is
# 5 KB, that a word which looks like its address makes MicroPython's collector keep.
MEMORY = 6 * 1024
WARM_UP = 1  # connections of each worker, before it is looked at what the server holds
MANY = 20  # errors, after which it ends early, and which it shows at most
#: What Microdot says of a request that ends in the middle.
MALFORMED = re.compile(
    r'Traceback.*\n(?:  .*\n)*  File "microdot[^"]*", line \d+, in create\n\w+Error: .*\n'
)


class Crowd:
    """The connections that are open: nearly as many as there are workers, since each waits for
    that before it sends anything, and before it ends. In the beginning they wait for all."""

    def __init__(self):
        self.gate = asyncio.Semaphore(10)  # few connect at once: MicroPython's backlog is 5
        self.workers = 0
        self.inside = set()
        self.enough = 1  # of the workers

    async def full(self, looks=100):
        """Wait for it; later on for some seconds, lest some are always too late."""
        while len(self.inside) < self.workers * self.enough and (looks > 0 or self.enough == 1):
            await asyncio.sleep(0.05)
            looks -= 1
        self.enough = 0.95


class Soak:
    """The soak of one interpreter; `errors` is what was wrong."""

    def __init__(self, name, seed, workers, seconds):
        self.name = name
        self.seed = seed
        self.workers = workers
        self.size, heap = SIZES[name]
        self.server = Server(
            name, HERE / 'app.py', 'PORT', IMPL[name], path=[HERE], heap=heap, target=f'soak-{name}'
        )
        self.number = 0
        self.seconds = seconds
        self.at_once = []
        self.tally = Counter()
        self.errors = []
        self.tasks = None  # that an idle server has
        self.before = self.after = None  # the server's reports

    async def run(self):
        self.crowd = Crowd()
        try:
            self.tasks = (await self.idle())['tasks']
            await self.work(rounds=WARM_UP)
            await self.idle()
            self.before = await self.idle()
            self.tally.clear()
            until = time.monotonic() + self.seconds
            await asyncio.gather(self.work(until=until), self.look(until))
            self.after = await self.idle(self.before['memory'] + MEMORY)
            self.check()
        except OSError as error:
            self.errors.append(f'the server does not answer: {error!r}')
        finally:
            console = self.server.stop()
        if console := MALFORMED.sub('', console):
            self.errors.append(f'the server printed:\n{console[:1000]}')

    async def work(self, rounds=sys.maxsize, until=float('inf')):
        async def worker():
            for _ in range(rounds):
                if time.monotonic() > until or len(self.errors) > MANY:
                    break
                await self.connection()
            self.crowd.workers -= 1

        self.crowd.workers = self.workers
        await asyncio.gather(*[worker() for _ in range(self.workers)])

    async def look(self, until):
        """How many are open at once, from when they first are."""
        await self.crowd.full()
        while time.monotonic() < until:
            self.at_once.append(len(self.crowd.inside))
            await asyncio.sleep(0.1)

    async def connection(self):
        self.number += 1
        rng = random.Random(f'{self.seed} {self.number}')
        ways = [way for way in WAYS if self.number > self.workers or way not in CUT_HANDSHAKES]
        (way,) = rng.choices(ways, [WAYS[way] for way in ways])
        connection = Connection(self.number, way, self.server.port, self.size, rng, self.tally)
        try:
            await connection.run(self.crowd)
        except Exception as error:
            cause = f', {error.__cause__!r}' if error.__cause__ else ''
            self.errors.append(f'connection {connection.number} ({way}): {error!r}{cause}')

    async def idle(self, memory=None):
        """The server's report once it has nothing to do and holds no more than so many bytes, or
        still has and does after a time."""
        deadline = time.monotonic() + 20
        while True:
            # Two at once, so that no task of a dead connection stays referred to by what is left
            # over in MicroPython's queue of tasks; the median, since single ones still may.
            pairs = [await asyncio.gather(self.report(), self.report()) for _ in range(8)]
            report = pairs[-1][-1]
            last = [report['memory'] for pair in pairs[-4:] for report in pair]
            report['memory'] = statistics.median_low(last)
            busy = (
                report['open']
                or report['tasks'] > (self.tasks or report['tasks'])
                or report['memory'] > (memory or report['memory'])
            )
            if not busy or time.monotonic() > deadline:
                return report

    async def report(self):
        return json.loads(await asyncio.to_thread(self.server.get, '/report'))

    def check(self):
        before, after = self.before, self.after
        self.errors += [f'the server saw: {error}' for error in after['errors']]
        opened = sum(self.tally[way] for way in WAYS if way not in CUT_HANDSHAKES)
        seen = after['opened'] - before['opened']
        if seen != opened:
            self.errors.append(f'the server saw {seen} connections, not {opened}')
        if after['most'] < self.workers:
            self.errors.append(f'only {after["most"]} connections were open at once')
        for what, slack in ('open', 0), ('tasks', 0), ('memory', MEMORY):
            if after[what] > before[what] + slack:
                self.errors.append(f'{what}: {before[what]} before, {after[what]} after')

    def summary(self):
        tally = self.tally
        ways = ', '.join(f'{way} {tally[way]}' for way in WAYS)
        lines = [
            f'{self.name}: {self.seconds:g} s, seed {self.seed}',
            f'connections  {sum(tally[way] for way in WAYS)}: {ways}',
            f'messages     {tally["sent"]} sent, {tally["echoes"]} echoed, '
            f'{tally["from tasks"]} from tasks of the server; {tally["pongs"]} pings answered',
            f'bytes        {tally["bytes sent"]} sent, {tally["bytes received"]} received',
        ]
        if self.after:
            average = sum(self.at_once) / max(1, len(self.at_once))
            lines += [
                f'at once      {self.after["most"]} connections at most, {average:.0f} on average',
                f'memory       {self.before["memory"]} before, {self.after["memory"]} after',
                f'tasks        {self.before["tasks"]} before, {self.after["tasks"]} after',
            ]
        lines.append(f'errors       {len(self.errors)}')
        return '\n  '.join(lines + self.errors[:MANY])


def soak(name, args):
    """(summary, number of errors)"""
    try:
        it = Soak(name, args.seed, args.connections, args.seconds)
    except RuntimeError as error:
        return str(error), 1
    asyncio.run(it.run())
    return it.summary(), len(it.errors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--connections', type=int, default=100)
    parser.add_argument('--seed', type=int, default=random.randrange(10**6))
    parser.add_argument('names', nargs='*', default=list(SIZES), metavar='INTERPRETER')
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in SIZES]
    if unknown:
        parser.error(f'no interpreter {", ".join(unknown)}: it is some of {", ".join(SIZES)}')
    failed = 0
    # Ctrl-C ends them without a word.
    quiet = signal.signal, (signal.SIGINT, signal.SIG_DFL)
    with ProcessPoolExecutor(len(args.names), None, *quiet) as pool:
        for summary, errors in pool.map(soak, args.names, repeat(args)):
            print(summary, flush=True)
            failed += errors
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
