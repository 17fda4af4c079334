"""The server of the soak, on MicroPython:  app.py PORT EXPECTED_IMPL"""

import asyncio
import gc
from asyncio import core
from random import getrandbits, randint
from socket import SOL_SOCKET

create_task = core.create_task
tasks = []  # that have not ended, and some that have


def create_counted_task(coro):
    """There is no asyncio.all_tasks() on MicroPython."""
    if len(tasks) > 600:
        forget_ended()
    task = create_task(coro)
    tasks.append(task)
    return task


def forget_ended():
    # In place: another list might outlive its use, and the tasks with it, on a heap whose collector
    # takes whatever looks like an address for one.
    for i in range(len(tasks) - 1, -1, -1):
        if tasks[i].done():
            tasks.pop(i)


asyncio.create_task = core.create_task = create_counted_task

from application import serve  # noqa: E402
from messages import CANCELLED, Incoming, make  # noqa: E402
from microdot import Microdot  # noqa: E402
from microdot.websocket import WebSocket, WebSocketError, with_websocket  # noqa: E402

app = Microdot()
SO_SNDBUF = 7  # on Linux; MicroPython's socket has no name for it
WebSocket.max_message_length = 1 << 20
errors = []
counts = {'opened': 0, 'open': 0, 'most': 0, 'received': 0}


def fault(connection, error):
    if len(errors) < 20:
        errors.append('connection %d: %s: %s' % (connection, type(error).__name__, error))


def message(connection, sender, number, size):
    text = getrandbits(1)
    size >>= randint(0, 12) + 2 * text
    return make(connection, sender, number, randint(0, size), text)


async def send_all(ws, connection, sender, messages, size):
    """One of several tasks that send at once."""
    try:
        for number in range(messages):
            data = message(connection, sender, number, size)
            if sender == CANCELLED:
                await send_cancelled(ws, data)
            else:
                await ws.send(data)
            if getrandbits(1):
                await asyncio.sleep(getrandbits(8) / 1000)
    except WebSocketError:
        pass  # the client is gone
    except Exception as exc:
        fault(connection, exc)


async def send_cancelled(ws, data):
    async def send():
        try:
            await ws.send(data)
        except WebSocketError:
            pass

    task = asyncio.create_task(send())
    await asyncio.sleep(getrandbits(3) / 1000)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


async def echo(ws, connection, senders):
    """Until the client says that it has sent all, and then that it has got all."""
    incoming = Incoming(connection)
    while True:
        message = await ws.receive()
        word = message[:4] if isinstance(message, str) else ''
        if word == 'bye':
            return
        if word == 'end ':
            incoming.check_totals({0: int(message[4:])})
            for task in senders:
                await task
        elif message:
            incoming.check(message)
            counts['received'] += 1
        await ws.send(message)


@app.route('/soak/<int:connection>/<int:senders>/<int:messages>/<int:size>')
@with_websocket
async def soak(request, ws, connection, senders, messages, size):
    # As small as on a board, so that senders have to wait.
    request.sock[1].s.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
    counts['opened'] += 1
    counts['open'] += 1
    counts['most'] = max(counts['most'], counts['open'])
    # They end by themselves when the connection does.
    tasks = [
        asyncio.create_task(send_all(ws, connection, i, messages, size))
        for i in range(1, 1 + senders)
    ]
    try:
        await echo(ws, connection, tasks)
    except WebSocketError as exc:
        if exc.code != 1006 and exc.reason != 'enough':
            fault(connection, exc)
    except Exception as exc:
        fault(connection, exc)
    finally:
        counts['open'] -= 1


async def scrub():
    """Leave nothing on the stack, below the task that asks, that looks like an address."""

    def recurse(n):
        return n and recurse(n - 1)

    recurse(20)


@app.route('/report')
async def report(request):
    forget_ended()
    await create_task(scrub())
    gc.collect()
    memory = gc.mem_alloc()
    await asyncio.sleep(0.05)  # for the other report that is asked for at the same time
    return dict(counts, tasks=len(tasks), memory=memory, errors=errors)


serve(app)
