"""What a message to many connections costs: CPU time for each of them that gets it.

This project sends it by its Group, websockets by its broadcast(), the others by a loop. One message
at a time: the next is sent when all have it.
"""

from contextlib import ExitStack

import report
from client import exchange
from loads import Timer

CLIENTS = 100
SIZES = 16, 1024, 65536


def join(server, stack):
    """Clients of the broadcast, each of which the server knows to be one."""
    request, reply = exchange(16)
    clients, buf = [], bytearray(len(reply))
    for _ in range(CLIENTS):
        clients.append(stack.enter_context(server.client(path='/broadcast')))
        clients[-1].send(request)
        for client in clients:
            client.receive(buf)
    return clients


def measure(server, seconds):
    """Microseconds of the server's CPU time for a message to one client, for each of SIZES."""
    cpu = []
    with ExitStack() as stack:
        clients = join(server, stack)
        for size in SIZES:
            cpu.append(deliver(server, clients, size, seconds).cpu)
    return cpu


def deliver(server, clients, size, seconds):
    """The Timer, by the messages that have come to one of the clients."""
    request, reply = exchange(size)
    buf = bytearray(len(reply))
    timer = Timer(server, seconds)
    while True:
        clients[0].send(request)
        for client in clients:
            client.receive(buf)
            if buf != reply:
                raise RuntimeError('a message came back changed')
        if timer.ended(len(clients)):
            return timer


def show(results, titles):
    """`results`: {server: [what measure() gives, one a round]}; `titles`: {server: its title}"""
    title = f"Broadcast to {CLIENTS}: microseconds of the server's CPU time for each that gets it"
    rows = [(titles[name], *map(report.spread, zip(*turns))) for name, turns in results.items()]
    report.table(title, [report.size(size) for size in SIZES], rows)
