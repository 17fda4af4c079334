"""The application whose allocations fail: app.py PORT CONTROL_PORT EXPECTED_IMPL

A line to the control port is answered with what the process holds, as JSON; there may be a
command of second.py in it.
"""

import asyncio
import gc
import json
import sys

import second
from microdot import Microdot, Request
from microdot.websocket import WebSocket, WebSocketError, websocket_upgrade, with_websocket
from microdot_websocket import codec, timer
from microdot_websocket.byte_stream import open_connection
from microdot_websocket.client import connect
from microdot_websocket.group import Group
from microdot_websocket.relay import Relay
from microdot_websocket.server import run
from microdot_websocket.topics import Topics

import oom

PORT = int(sys.argv[1])
app = Microdot()
Request.max_body_length = 0
WebSocket.max_message_length = 1 << 17
WebSocket.handshake_timeout = 0.5
WebSocket.frame_timeout = 0.3
WebSocket.send_timeout = 0.3
WebSocket.close_timeout = 0.3
WebSocket.read_buffer_size = 2048  # as on a board

# The exceptions that reached handlers. Written without an allocation.
seen = [None] * 64
seen_count = 0
active = 0  # handlers that run


def note(exc):
    global seen_count
    if seen_count < len(seen):
        seen[seen_count] = type(exc)
        seen_count += 1


def enter(n):
    global active
    active += n


async def noted(coroutine):
    enter(1)
    try:
        await coroutine
    except BaseException as exc:
        note(exc)
        raise
    finally:
        enter(-1)


def endpoint(path, **options):
    """A route for a handler that takes the connection, with these options of with_websocket."""

    def decorate(f):
        async def route(request, ws):
            await noted(f(ws))

        app.route(path)(with_websocket(**options)(route) if options else with_websocket(route))
        return f

    return decorate


async def echo(ws):
    while True:
        await ws.send(await ws.receive())


endpoint('/echo')(echo)
endpoint('/options', subprotocols=('chat',), origins=(None, 'http://a'))(echo)
endpoint('/pinged', ping_interval=0.1, ping_timeout=0.3)(echo)
endpoint('/compress', compression=True)(echo)
endpoint('/headers', headers={'Set-Cookie': ['a=b']}, on_disconnect=lambda *args: None)(echo)
endpoint('/impatient', frame_timeout=0.02, close_timeout=0.02)(echo)
endpoint('/complete', message_timeout=0.1)(echo)
endpoint('/incomplete', max_incomplete=1000)(echo)
endpoint('/few-fragments', max_fragments=3)(echo)


@app.route('/upgrade')
async def upgrade(request):
    await noted(echo(await websocket_upgrade(request)))


@app.route('/page')
async def page(request):
    return 'a page'


@endpoint('/bye')
async def bye(ws):
    await ws.receive()


@endpoint('/close')
async def close(ws):
    await ws.receive()
    await ws.close(4000, 'enough')


@endpoint('/fault')
async def fault(ws):
    await ws.receive()
    raise MemoryError


@endpoint('/iterate')
async def iterate(ws):
    async with ws:
        async for message in ws:
            await ws.send(message)


@endpoint('/dashboard')
async def dashboard(ws):
    """It only sends; others have to answer for it."""
    await ws.receive()
    while True:
        await ws.send('a reading')
        await asyncio.sleep(0.1)


@endpoint('/late')
async def late(ws):
    """It receives what came while it did not."""
    await ws.receive()
    for _ in range(5):
        await ws.send('a reading')
        await asyncio.sleep(0.3)
    buffer = bytearray(100)
    await ws.send(await ws.receive())
    n = await ws.receive_into(buffer)
    await ws.send(memoryview(buffer)[:n])
    await echo(ws)


@endpoint('/in-time')
async def in_time(ws):
    while True:
        try:
            await ws.send(await ws.receive(timeout=0.05))
        except asyncio.TimeoutError:
            await ws.send('nothing')


@endpoint('/into-in-time')
async def into_in_time(ws):
    buffer = bytearray(4096)
    while True:
        try:
            n = await ws.receive_into(buffer, timeout=0.05)
            await ws.send(memoryview(buffer)[:n])
        except asyncio.TimeoutError:
            await ws.send('nothing')


def narrow(ws):
    ws.request.sock[1].s.setsockopt(1, 7, 4608)  # SOL_SOCKET, SO_SNDBUF


async def small_messages(ws):
    for _ in range(3):
        await ws.send('small')


@endpoint('/push')
async def push(ws):
    """More than its client takes at once, of two tasks."""
    narrow(ws)
    await ws.receive()
    task = asyncio.create_task(noted(small_messages(ws)))
    try:
        for _ in range(3):
            await ws.send(bytes(20000))
    finally:
        try:
            await task
        except WebSocketError:
            pass
    await ws.receive()


@endpoint('/ping')
async def ping(ws):
    await ws.receive()
    ws.ping_timeout = 0.5
    task = asyncio.create_task(noted(ping_once(ws)))
    try:
        await ws.receive()
    finally:
        try:
            await task
        except (WebSocketError, MemoryError, asyncio.TimeoutError):
            pass


async def ping_once(ws):
    try:
        await ws.ping()
        await ws.send('pong')
    except Exception:
        await ws.close(1011)
        raise


async def into(ws):
    buffer = bytearray(4096)
    while True:
        n = await ws.receive_into(buffer)
        await ws.send(memoryview(buffer)[:n])


endpoint('/into')(into)
endpoint('/compressed-into', compression=True)(into)


@endpoint('/stream')
async def stream(ws):
    buffer = bytearray(1024)
    while True:
        n = 0
        async for piece in ws.stream(buffer):
            n += len(piece)
        await ws.send(str(n))


@endpoint('/fragments')
async def fragments(ws):
    await ws.receive()
    await ws.send_stream(['one', 'two', 'three'])
    await ws.receive()


group = Group(send_timeout=0.3)


@endpoint('/group')
async def join(ws):
    group.add(ws)
    while True:
        await group.send(await ws.receive())


@endpoint('/slow')
async def join_slow(ws):
    narrow(ws)
    await join(ws)


async def left(ws, code, reason):
    await asyncio.sleep(0)


topics = Topics(latest=True, send_timeout=5, on_leave=left)


@endpoint('/topics')
async def watch(ws):
    topics.subscribe(ws, 'one')
    topics.subscribe(ws, 'two')
    while True:
        message = await ws.receive()
        await topics.publish('one', message)
        await topics.publish('two', message)


@endpoint('/slow-topics')
async def watch_slow(ws):
    narrow(ws)
    ws.send_timeout = 5  # it is slow, and not gone
    await watch(ws)


class Bus:
    """In the place of an MQTT client and its broker: all relays of this process get all."""

    relays = []

    async def publish(self, topic, payload, qos):
        for relay in self.relays:
            await relay.receive(topic, payload)

    async def run(self, relay):
        self.relays.append(relay)
        relay.up()
        try:
            while True:
                await asyncio.sleep(0.05)
        finally:
            self.relays.remove(relay)


relays = [Relay(Bus(), 'a', min_delay=0.01, max_delay=0.02, send_timeout=0.3) for _ in range(2)]


async def share(ws, relay):
    relay.add(ws)
    while True:
        await relay.send(await ws.receive())


@endpoint('/relay')
async def first_relay(ws):
    await share(ws, relays[0])


@endpoint('/other-relay')
async def other_relay(ws):
    await share(ws, relays[1])


@endpoint('/client-bytes')
async def client_bytes(ws):
    """A client to /echo, as a stream of bytes."""
    await ws.receive()
    stream, _ = await open_connection('ws://127.0.0.1:%d/echo' % PORT)
    try:
        stream.write(b'from a ')
        stream.write(b'client')
        await stream.drain()
        first = await stream.readexactly(5)
        await ws.send((first + await stream.read(20)).decode())
    finally:
        stream.close()
        await stream.wait_closed()
    await ws.receive()


@endpoint('/json')
async def echo_json(ws):
    while True:
        await ws.send_json(await ws.receive_json())


def to(path, scheme='ws', **options):
    """A client of this process."""
    return connect('%s://127.0.0.1:%d%s' % (scheme, PORT, path), **options)


async def pass_on(ws, other):
    """A message by way of a client to /echo, and back."""
    try:
        await other.send('from a client')
        await ws.send(await other.receive())
    finally:
        try:
            await other.close()
        except MemoryError:  # for the coroutine: nothing is closed
            other.abort()


async def relay(ws, path, scheme='ws', **options):
    await ws.receive()
    other = await to(path, scheme, **options)
    try:
        await pass_on(ws, other)
    except MemoryError:  # for the coroutine, perhaps
        other.abort()
        raise
    await ws.receive()


@endpoint('/client')
async def client(ws):
    await relay(ws, '/echo')


@endpoint('/client-options')
async def client_options(ws):
    await relay(ws, '/options', subprotocols=('chat',), headers={'X-A': 'b'})


@endpoint('/client-compressing')
async def client_compressing(ws):
    await relay(ws, '/compress', compression={'threshold': 0})


@endpoint('/client-pings')
async def client_pings(ws):
    await relay(ws, '/pinged', ping_interval=0.1)


@endpoint('/client-wrapped')
async def client_wrapped(ws):
    await relay(ws, '/echo', 'wss', ssl=second.Wrapper())


@endpoint('/client-refused')
async def client_refused(ws):
    await ws.receive()
    try:
        await to('/nothing')
    except WebSocketError:
        await ws.send('refused')
    await ws.receive()


@endpoint('/client-entered')
async def client_entered(ws):
    await ws.receive()
    async with to('/echo') as other:
        await other.send('from a client')
        await ws.send(await other.receive())
    await ws.receive()


@app.route('/elsewhere')
async def elsewhere(request):
    return '', 302, {'Location': '/echo'}


@endpoint('/client-redirected')
async def client_redirected(ws):
    await relay(ws, '/elsewhere', max_redirects=1)


answers = []  # of /fickle, the last first: a status, or a close code


@app.route('/fickle')
async def fickle(request):
    answer = answers.pop() if answers else 0
    if 0 < answer < 1000:
        return 'not now', answer
    ws = await websocket_upgrade(request)
    if answer:
        await ws.close(answer)
    else:
        await noted(echo(ws))


@endpoint('/client-again')
async def client_again(ws):
    """A server that refuses a client first, and then ends its connection, wants it in the end."""
    await ws.receive()
    answers.clear()
    answers.append(1012)
    answers.append(503)
    async for other in to('/fickle', min_delay=0.005, max_delay=0.02):
        try:
            await pass_on(ws, other)
            break
        except WebSocketError:
            if ws.closed:
                raise
        finally:
            other.abort()  # if there was no memory for the coroutine
    await ws.receive()


def dive(depth):
    return depth and dive(depth - 1)


async def wipe():
    """Write over what earlier calls have left on the C stack: what looks like an address there is
    one to MicroPython's collector."""
    dive(40)


def watches():
    n = 0
    watch = timer.next
    while watch:
        n += 1
        watch = watch.next
    return n


async def control(reader, writer):
    global seen_count
    while True:
        words = (await reader.readline()).decode().split()
        if words:
            getattr(second, words[0])(*words[1:])
        await asyncio.create_task(wipe())
        gc.collect()
        answer = {
            'mem': gc.mem_alloc(),
            'waiting': len(asyncio.core._io_queue.map),
            'tasks': oom.objects(asyncio.core.Task),
            'websockets': oom.objects(WebSocket),
            'active': active,
            'watches': watches(),
            'group': len(group) + len(topics) + sum(map(len, relays)),
            'timer': bool(timer.task) and not timer.task.done(),
            'served': second.is_served(),
            'seen': [kind.__name__ for kind in seen[:seen_count]],
        }
        seen_count = 0
        for i in range(len(seen)):
            seen[i] = None
        writer.write((json.dumps(answer) + '\n').encode())
        await writer.drain()


if codec.IMPL != sys.argv[3]:
    sys.exit('this is for the %s codec, but codec.IMPL is %s' % (sys.argv[3], codec.IMPL))
second.app.route('/echo')(with_websocket(lambda request, ws: noted(echo(ws))))
for bus in relays:
    asyncio.create_task(bus.run())
asyncio.create_task(asyncio.start_server(control, '127.0.0.1', int(sys.argv[2])))
run(app, '127.0.0.1', PORT)
