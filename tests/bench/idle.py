"""What idle connections cost: memory, and CPU time of the busy ones beside them.

On each of the busy connections there is one message on its way. Nobody answers the pings that a
library may send: a turn is over before the first. Memory is the process's, without the buffers that
the system has for each socket.
"""

import resource
from contextlib import ExitStack

import report
from client import exchange
from loads import Timer

BUSY = 10
IDLE = 0, 100, 1000
SIZE = 125  # bytes of a message


def allow_many():
    """Let this process, and those that it starts, have so many connections."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def take_turn(server, clients, seconds):
    """The Timer of clients that all wait for a message."""
    request, reply = exchange(SIZE)
    buf = bytearray(len(reply))
    for client in clients:
        client.send(request)
    timer = Timer(server, seconds)
    while True:
        for client in clients:
            client.receive(buf)
            client.send(request)
        if timer.ended(len(clients)):
            break
    for client in clients:
        client.receive(buf)
    return timer


def measure(server, seconds):
    """Of a server that is fresh, beside each number of idle connections: `cpu`, microseconds of its
    CPU time for a message; and `memory`, bytes for each idle connection, which has echoed once."""
    with ExitStack() as stack:

        def connect():
            client = stack.enter_context(server.client())
            client.echo(16)
            return client

        busy = [connect() for _ in range(BUSY)]
        take_turn(server, busy, seconds / 2)  # it is as fast as it gets only then
        idle, cpu, memory = [], [], []
        for count in IDLE:
            idle += [connect() for _ in range(count - len(idle))]
            memory.append(server.memory())
            cpu.append(take_turn(server, busy, seconds).cpu)
    return {'cpu': cpu, 'memory': (memory[-1] - memory[0]) / IDLE[-1]}


def cost_beside(turns, i):
    """How many times as much a message takes beside IDLE[i] idle connections, in each turn."""
    return [turn['cpu'][i] / turn['cpu'][0] for turn in turns]


def show(results, titles):
    """`results`: {server: [what measure() gives, one a round]}; `titles`: {server: its title}"""

    def rows(*figures):
        return [
            (titles[name], *(report.spread(figure(turns)) for figure in figures))
            for name, turns in results.items()
        ]

    def cpu(i):
        return lambda turns: [turn['cpu'][i] for turn in turns]

    def beside(i):
        return lambda turns: cost_beside(turns, i)

    def memory(turns):
        return [turn['memory'] for turn in turns]

    columns = [f'{count:,} idle' for count in IDLE]
    numbers = range(len(IDLE))
    title = f'{BUSY} busy connections beside idle ones, {report.size(SIZE)} each'
    cpu_title = f"{title}: microseconds of the server's CPU time"
    report.table(cpu_title, columns, rows(*map(cpu, numbers)))
    times_title = f'{title}: times the cost beside none'
    report.table(times_title, columns[1:], rows(*map(beside, numbers[1:])))
    report.table('An idle connection: bytes of memory', [''], rows(memory))
