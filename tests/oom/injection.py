"""Fail the 1st, 2nd, 3rd ... allocation of a phase, and look whether every promise is kept."""

import time
from collections import Counter
from dataclasses import dataclass, field

from .allowed import allowance
from .control import NEVER
from .peer import PAUSE, Ended, Wrong
from .phases import ALSO, LAST, PHASES
from .process import Process

# What must be as before, once all limits have run out: {name: how many more there may be}.
HELD = dict.fromkeys(('waiting', 'active', 'watches', 'group', 'files'), 0)
# As much as a few connections have, for MicroPython's collector may take a stray word for the
# address of one. If it is more with each injection, it shows.
HEAP = {'tasks': 6, 'websockets': 3, 'mem': 16384}
SETTLE = 3.0  # seconds, in which all limits have run out
RUNS = 4  # another run may write over the stray word
SEEN = {'WebSocketError', 'MemoryError'}  # what may reach a handler
ENDS = 'http 500', 'close 1009', 'close 1011', 'its end', 'half a frame, then its end'
AS_EVER = 'as without a failure'
THOROUGH = 8  # the timer is looked at after every such injection, which takes a while
MISSES = 3  # an allocation more or less: the phase has no more of them


@dataclass
class Result:
    phase: str
    n: int
    k: int
    failed: int = 0  # allocations
    how: str = AS_EVER
    callers: list = field(default_factory=list)
    trace: list = field(default_factory=list)
    problem: str = ''
    allowed: str = ''  # the reason, if the problem is MicroPython's own

    def __str__(self):
        lines = [f'{self.phase}, allocation {self.n}, {self.k} in a row: {self.problem}']
        lines += ['  in C: ' + ' < '.join(names[:8]) for names in self.callers]
        return '\n'.join(lines + [f'  {line}' for line in self.trace[:12]])


def run(process, phase, n, k=1):
    """A phase with the nth allocation failing; how its connection ended."""
    control = process.control
    time.sleep(PAUSE)  # it may still be at the end of what was before
    try:
        phase(process, lambda: process.arm(n, k), control.disarm)
        return AS_EVER
    except Ended as exc:
        return exc.args[0]
    finally:
        control.disarm()


def more(held, base, slack):
    """What is held that was not before."""
    return {key: held[key] - base[key] for key in slack if held[key] > base[key] + slack[key]}


def settle(process, base):
    """(what the process holds, once it is no more than before, or all limits have run out; the
    names of the exceptions that handlers saw)"""
    deadline = time.monotonic() + SETTLE
    seen = []
    while True:
        held = process.measure()
        seen += held['seen']
        if not more(held, base, HELD) or time.monotonic() > deadline:
            return held, seen
        time.sleep(0.01)


def warm_up(process, phase):
    """Have all imported and allocated that the phase needs; what the process then holds, and how
    many allocations the phase makes."""
    for _ in range(2):
        how = run(process, phase, NEVER)
        if how != AS_EVER:
            raise Wrong(f'without a failure: {how}')
    count = process.control.count
    process.limit_holds()
    process.next_client()
    process.bystanders()
    return quiet(process), count


def quiet(process):
    """What the process holds, once it is the same for a while."""
    deadline = time.monotonic() + SETTLE
    before = None
    while True:
        held = process.measure()
        counts = [held[key] for key in HELD]
        if counts == before or time.monotonic() > deadline:
            return held
        before = counts
        time.sleep(0.05)


def is_orderly(result):
    if result.how in (AS_EVER, *ENDS, *ALSO.get(result.phase, ())):
        return True
    # There was no memory to begin to read the request.
    return result.how == 'http 400' and 'handle_request' in result.trace[0]


def check(process, phase, result, base):
    """Wrong if a promise was broken."""
    if not is_orderly(result):
        raise Wrong(result.how)
    if result.phase in LAST:
        return
    time.sleep(PAUSE)
    process.next_client()
    process.bystanders()
    if result.n % THOROUGH == 1 or any('poll' in line for line in result.trace):
        process.limit_holds()
    if base:
        check_rest(process, phase, result, base)


def check_rest(process, phase, result, base):
    """Wrong if something is left behind, or a handler saw what it must not."""
    held, seen = settle(process, base)
    if set(seen) - SEEN - {how for how in ALSO.get(result.phase, ())}:
        raise Wrong(f'a handler saw {sorted(set(seen))}')
    if not held['timer']:
        raise Wrong('the timer has ended')
    for _ in range(RUNS):
        left = more(held, base, HELD | HEAP)
        if not left:
            return
        if run(process, phase, NEVER) != AS_EVER:
            raise Wrong('the same once more does not work')
        held, _ = settle(process, base)
    raise Wrong(f'left behind: {left}')


def inject(process, phase, n, k=1, base=None):
    """Fail the nth allocation of a phase, and the k - 1 behind it."""
    result = Result(phase.__name__, n, k)
    control = process.control
    try:
        result.how = run(process, phase, n, k)
    except Wrong as exc:
        result.problem = exc.args[0]
    result.failed = control.failed
    if not result.failed:
        result.problem = result.problem or ('' if result.how == AS_EVER else result.how)
        return result
    result.callers, result.trace = control.callers, control.trace
    try:
        if not result.problem:
            check(process, phase, result, base)
    except (Ended, Wrong) as exc:
        result.problem = exc.args[0]
    if result.problem:
        code = process.exit_code()
        if code is not None:
            result.problem = f'the process ended ({code}); {result.problem}'
        result.allowed = allowance(result)
    return result


class Examination:
    """Of a phase: all its injections, in processes that are made anew after each problem.

    :param impl: of the codec. :param k: allocations that fail in a row.
    :param cold: each in a process of its own, which has imported and allocated nothing yet.
    :param most: injections, spread over all of the phase; None: each allocation.
    """

    def __init__(self, lib, impl, symbols, name, k=1, cold=False, most=None):
        self.phase = PHASES[name]
        self.k, self.most = k, most
        self.cold = cold or name in LAST
        self._start = lambda: Process(lib, impl, symbols)
        self._process = None
        self.count = 0  # injections
        self.ends = Counter()
        self.failures = []
        self.allowed = []

    def run(self):
        try:
            for result in self._results():
                self.count += 1
                if result.problem and result.allowed:
                    self.allowed.append(result)
                elif result.problem:
                    self.failures.append(result)
                else:
                    self.ends[result.how] += 1
        finally:
            self._stop()
        return self

    def _stop(self):
        if self._process:
            self._process.stop()
            self._process = None

    def _prepare(self):
        if not self._process:
            self._process = self._start()
            self._base, self._total = None, 0
            if not self.cold:
                self._base, self._total = warm_up(self._process, self.phase)

    def _results(self):
        self._prepare()
        n, misses, step = 1, 0, 1
        if self.most:
            if self.cold:
                run(self._process, self.phase, NEVER)
                self._total = self._process.control.count
                self._stop()
            step = max(1, -(-self._total // self.most))
        while misses < MISSES:
            self._prepare()
            result = inject(self._process, self.phase, n, self.k, self._base)
            if result.failed or result.problem:
                misses = 0
                yield result
            else:
                misses += 1
            if result.problem or self.cold:
                self._stop()
            if self.most and n > self._total > 0:
                return
            n += step

    def __str__(self):
        ends = ', '.join(f'{how}: {n}' for how, n in self.ends.most_common())
        words = [f'{self.phase.__name__:24} {self.count:5} injections ({ends})']
        words += [f'{len(self.allowed)} of MicroPython itself'] if self.allowed else []
        return '; '.join(words)
