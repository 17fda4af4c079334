"""The natmod's type Protocol and its Python twin in one MicroPython process, over scripted streams
and with arguments of all kinds:  natmod_vs_twin.py FIRST COUNT [trace]

Case n depends on n alone: two connections, and a script of what is called and of what happens
around them. Both must return the same, or raise the same type of exception, send the same, and
leave the same behind in asyncio's queues. The last line is the number of steps.
"""

import asyncio
import gc
import sys

import _wscodec
from microdot_websocket.core import twin
from natmod_cases import BUFFERS, PAYLOADS, Case, bad_arguments
from scripted import WRITE, IOQueue, Task, TaskQueue, Wire

CLOSE, PING, PONG, FULL, ERRORS = 8, 9, 10, -3, range(-21, -9)
core = asyncio.core


def errno_of(exc):
    """Of an OSError; natmods have the numbers of the C library that their compiler has."""
    number = exc.errno if isinstance(exc, OSError) else None
    return 103 if number == 113 else number  # ECONNABORTED of Linux and newlib


class Run:
    """One implementation's way through a case."""

    def __init__(self, kind, case):
        self.tasks = TaskQueue()
        self.queue = IOQueue(self.tasks)
        self.all_tasks = [Task(name) for name in 'abcdefgh']
        self.now = self.all_tasks[0]  # the current one
        self.awaits = {}  # by the names of tasks: what they await
        self.buffers = [make() for make in BUFFERS]
        self.payloads = [make() for make in PAYLOADS]
        self.wires = [Wire(data) for data in case.streams]
        self.inside = []  # what calls from inside of a stream came to
        self.has_event = [True, True]  # not after a read() that has failed, or drain()
        self.draining = set()
        self.is_torn = False  # there was an abort() among them
        self.protocols = []
        for wire, options in zip(self.wires, case.options):
            urandom = (lambda n: case.key) if options[0] else None
            self.protocols.append(kind(wire, urandom, *options[1:]))

    def step(self, i, name, args):
        """What a step comes to, and what can be seen after it."""
        core._io_queue, core._task_queue = self.queue, self.tasks
        if self.now.data is self.queue:  # it waits
            self.now = [task for task in self.all_tasks if task.data is not self.queue][0]
        core.cur_task = self.now
        for wire in self.wires:
            wire.is_full = False
        try:
            result = getattr(self, name)(i, *args)
            failed = False
        except AttributeError:
            raise  # the script is wrong
        except Exception as exc:
            result = type(exc), errno_of(exc)
            failed = True
            if self.wires[i].has_raised:  # then there is nothing else to do
                self.protocols[i].abort()
        if name == 'read':
            self.has_event[i] = not failed and i not in self.draining
            result = result, type(result)
        return result, self.state(i), self.wires[i].sent, [bytes(b) for b in self.buffers]

    def close(self):
        core._io_queue, core._task_queue = self.queue, self.tasks
        for protocol in self.protocols:
            protocol.abort()

    def state(self, i):
        protocol, wire = self.protocols[i], self.wires[i]
        seen = [protocol.opcode, protocol.count, protocol.locked, bool(protocol.poll)]
        if self.has_event[i]:
            event = protocol.event
            seen += [event, bool(protocol.waiting), bool(protocol.compressed)]
            if event in (CLOSE, PING, PONG) or event in ERRORS:
                seen.append(protocol.data)
            if event == CLOSE or event in ERRORS:
                seen.append(protocol.code)
            if event not in ERRORS:  # a whole message that is refused was not begun by the twin
                start = protocol.start  # the two count differently
                seen += [(start > 0) - (start < 0), protocol.sum]
        ran = self.run_tasks()
        inside, self.inside = self.inside, []
        return seen, self.queue.seen(wire), ran, inside

    # What is called

    def write_on(self, i, payload, n):
        """Write the same again and again: what each comes to."""
        return [self.write(i, payload, None) for _ in range(n)]

    def read(self, i, limit, buffer):
        buffer = self.buffers[buffer] if isinstance(buffer, int) else buffer[0]
        if i in self.draining:  # which is the end of reading
            return 'no'
        result = self.protocols[i].read(limit, buffer)
        if result is False and 0 < self.protocols[i].event < CLOSE:
            return self.protocols[i].data, self.protocols[i].data  # once
        return self.waits(i) if result is None else result

    def write(self, i, payload, opcode):
        payload = self.payloads[payload] if isinstance(payload, int) else payload[0]
        return self.protocols[i].write(payload, opcode)

    def call(self, i, method, *args):
        protocol = self.protocols[i]
        if method == 'drain':
            self.draining.add(i)
            self.has_event[i] = False
        result = getattr(protocol, method)(*args)
        if result is protocol or (method == 'drain' and result is None):
            return self.waits(i)
        return result

    def waits(self, i):
        """The current task awaits the protocol, at once: whether it yields."""
        iterator = iter(self.protocols[i])
        if not self.yields(iterator):
            return 'goes on'
        self.awaits[self.now.name] = iterator
        return 'waits'

    def yields(self, iterator):
        try:
            assert next(iterator) is None
        except StopIteration:
            return False
        return True

    def run_tasks(self):
        """Those that are to run: their names, and whether they go on."""
        ran, self.tasks.ran = self.tasks.ran, []
        result = []
        for name in ran:
            core.cur_task = [task for task in self.all_tasks if task.name == name][0]
            iterator = self.awaits.pop(name, None)
            result.append((name, iterator and self.yields(iterator)))
        return result

    def watch(self, i, watched):
        self.protocols[i].poll = watched

    # What happens around

    def arrive(self, i, sizes):
        self.wires[i].pieces.extend(sizes)

    def end(self, i):
        self.wires[i].at_end = True

    def give_room(self, i, n):
        self.wires[i].room += n

    def fail(self, i, errno):
        self.wires[i].error = errno

    def odd(self, i, value):
        """What a stream's own method returns that it should not."""
        self.wires[i].odd = value

    def call_inside(self, i, method, *args):
        """The stream's own code calls the protocol."""
        self.wires[i].hook = lambda: self.hook(i, method, args)

    def hook(self, i, method, args):
        self.is_torn = self.is_torn or method in ('abort', 'drain', 'lengthen')
        try:
            if method == 'lengthen':  # what is being sent moves
                for payload in self.payloads:
                    if isinstance(payload, bytearray):
                        payload.extend(bytes(*args))
                return
            self.inside.append(getattr(self.protocols[i], method)(*args))
        except Exception as exc:
            self.inside.append(type(exc))

    def ready(self, i, directions):
        self.queue.ready(self.wires[i], directions)

    def current(self, i, n):
        self.now = self.all_tasks[n]

    def cancel(self, i, direction):
        """asyncio cancels a task that waits, which then runs and does what it has to."""
        entry = self.queue.map.get(id(self.wires[i]))
        task = entry and entry[direction]
        if task is None:
            return
        self.queue.remove(task)
        self.tasks.push(task)
        self.now = core.cur_task = task
        del self.awaits[task.name]
        self.protocols[i].register()
        if direction == WRITE:
            for payload in self.payloads:  # the sender may change it again
                if isinstance(payload, bytearray):
                    payload[:] = bytes(len(payload))

    def resize(self, i, n, size):
        """The application makes a buffer longer or shorter."""
        buffer = self.buffers[n]
        if isinstance(buffer, bytearray):
            if size < len(buffer):
                buffer[size:] = b''
            else:
                buffer.extend(bytes(size - len(buffer)))

    def collect(self, i):
        gc.collect()
        self.junk = [b'\xdb' * n for n in range(8, 200, 8)]  # over what was freed


def differ(case, trace):
    """Lines that tell what the two make of a case, after its last steps; None if it is the same."""
    runs = [Run(kind, case) for kind in (_wscodec.Protocol, twin.Protocol)]
    try:
        return first_difference(case, runs, trace)
    finally:
        for run in runs:
            run.close()


def first_difference(case, runs, trace):
    lines = []
    for i, name, args in case.steps:
        if trace:
            print(i, name, args)
        native, twins = [run.step(i, name, args) for run in runs]
        lines.append('%d %s%s: %s' % (i, name, args, native[:2]))
        if runs[0].is_torn:  # no rule says what follows, but it has to be survived
            continue
        if native != twins:
            return lines[-12:] + differences(native, twins)
    return None


def differences(native, twins):
    """Two lines for each thing in which two outcomes differ."""
    pairs = zip(native, twins)
    return ['native %s\ntwin   %s' % pair for pair in pairs if pair[0] != pair[1]]


def constructed(kind, args):
    try:
        kind(*args)
    except Exception as exc:
        return type(exc)
    return kind is not None


def main(first, count, trace):
    steps = 0
    for n in range(first, first + count):
        if trace:
            print('case', n)
        case = Case(n)
        lines = differ(case, trace)
        if not lines:
            args = bad_arguments(n)
            outcomes = [constructed(kind, args) for kind in (_wscodec.Protocol, twin.Protocol)]
            if outcomes[0] != outcomes[1]:
                lines = ['Protocol%s' % (args,), '%s %s' % tuple(outcomes)]
        if lines:
            print('case %d, options %s' % (n, case.options))
            print('\n'.join(lines))
            return 1
        steps += len(case.steps)
    print(steps)
    return 0


if __name__ == '__main__':
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), len(sys.argv) > 3))
