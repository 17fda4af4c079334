"""An echo server, and a page that shows what it can do. One file for MicroPython and CPython.

LISTEN=host:port     where to listen (default 127.0.0.1:5000)
MAX_MESSAGE=bytes    the longest message to accept (default: what the heap has room for, at most
                     1048576; 0: no limit)
CODEC=native|python  insist on the C codec, or do without it (default: C where it loads)
ADDRESS=address      this machine's in its network, where the program cannot find it out
"""

import asyncio
import gc
import io
import json
import os
import socket
import sys
import time
from errno import EADDRINUSE

from microdot import Microdot, send_file


def stop(message):
    print(message, file=sys.stderr)
    sys.exit(1)


# Boards have no environment. They are there to be reached from elsewhere.
getenv = getattr(os, 'getenv', None)
names = 'LISTEN', 'MAX_MESSAGE', 'CODEC', 'ADDRESS'
listen, limit, wanted, address = [getenv and getenv(name) for name in names]
listen = listen or '5000'
host, _, port = listen.rpartition(':')
host = host or ('127.0.0.1' if getenv else '0.0.0.0')
if not port.isdigit() or not 0 < int(port) < 65536 or (':' in host and '[' not in host):
    stop(f'LISTEN={listen} is not host:port; type for example LISTEN=127.0.0.1:5000')
if limit and not limit.isdigit():
    stop(f'MAX_MESSAGE={limit} is not a size in bytes; type for example MAX_MESSAGE=65536')
if wanted and wanted not in ('native', 'python'):
    stop(f'CODEC={wanted} is not a codec; type CODEC=native or CODEC=python')

if wanted == 'python':
    sys.modules['_wscodec'] = None  # hides the native module from the next line
from microdot_websocket import WebSocket, codec, with_websocket  # noqa: E402
from microdot_websocket.group import Group  # noqa: E402
from microdot_websocket.server import serve, shutdown  # noqa: E402

if wanted == 'native' and codec.IMPL != 'native':
    stop('CODEC=native: no _wscodec.mpy that fits is on the module path; try CODEC=python')

memory = getattr(gc, 'mem_free', None)  # CPython's has no end
twin = None  # the codec in Python, to compare the one in C with, if there is room for both
if codec.IMPL == 'native' and (not memory or memory() > 60000):
    from microdot_websocket.core import twin


def fitting():
    """The longest message there is memory for: its pieces, the whole, the text, those of others."""
    size = 1 << 20
    while memory and size > memory() // 12:
        size //= 2
    return size


def reachable_as():
    """The address to type on a phone in the same network; '' if it cannot be reached from there."""
    if host != '0.0.0.0':
        return '' if host == 'localhost' or host.startswith('127.') else host
    if address:
        return address
    try:
        if not getenv:
            from network import STA_IF, WLAN

            return WLAN(STA_IF).ifconfig()[0]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(('192.0.2.1', 9))  # which sends nothing
            return s.getsockname()[0]
    except Exception:
        return ''


limit = int(limit) if limit else fitting()
WebSocket.max_message_length = limit
address = reachable_as()
url = address and f'http://{address}:{port}'

this = sys.implementation
version = 'MicroPython' if this.name == 'micropython' else 'CPython'
version += ' %d.%d.%d' % tuple(this.version[:3])
archs = 'x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc rv64imc'
arch = getattr(this, '_mpy', 0) >> 10 & 15  # of .mpy files; 1 is x86, 0 is none
platform = f'{version} {sys.platform}' + (' / ' + archs.split()[arch - 1] if arch else '')
app = Microdot()
tabs = Group()


@app.get('/')
async def index(request):  # the page lies next to this file; boards have no os.path
    return send_file(__file__[: __file__.replace('\\', '/').rfind('/') + 1] + 'index.html')


@app.get('/info')
async def info(request):
    return {
        'codec': codec.IMPL,
        'platform': platform,
        'max_message': limit,
        'twin': bool(twin),
        'url': url,
    }


@app.get('/echo')
@with_websocket
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


def stream(data):
    """What a codec reads: on CPython not just any stream."""
    if memory:
        return io.BytesIO(data)
    from microdot_websocket.transport import Transport

    transport = Transport()
    transport.readinto = io.BytesIO(data).readinto
    return transport


def work(kind, n=8):
    """Microseconds that a codec takes for a message of 1 KiB which has arrived."""
    now = time.ticks_us if memory else lambda: time.perf_counter_ns() // 1000
    frames = (b'\x82\xfe\x04\x00mask' + bytes(1024)) * n
    times = []
    while len(times) < 200 and sum(times) < 20000:
        protocol = kind(stream(frames), None, 2048, 1024, 0, 0, 1024)
        start = now()
        for _ in range(n):
            protocol.read(1024, None)
        times.append(now() - start & 0x3FFFFFFF or 1)  # a board's clock begins anew at 2 ** 30
    # What disturbs it now and then does not count; the mean is finer than the clock.
    middle = sorted(times)[len(times) // 4 : len(times) * 3 // 4 + 1]
    return sum(middle) / len(middle) / n


@app.get('/compare')
async def compare(request):
    if not twin:
        return {}
    return {'native': work(codec.Protocol), 'python': work(twin.Protocol)}


def status():
    gc.collect()  # what is garbage is free
    return json.dumps({'tabs': len(tabs), 'free': memory and memory()})


@app.get('/status')
@with_websocket(ping_interval=20)
async def report(request, ws):
    tabs.add(ws)
    await tabs.send(status())
    async for _ in ws:
        pass


async def report_to_all():
    while not app.server:  # Microdot sets it once the port is bound
        await asyncio.sleep(0)
    print(url or f'http://{host}:{port}', f' (codec: {codec.IMPL}, {version})')
    if hasattr(sys.stdout, 'flush'):  # boards write at once
        sys.stdout.flush()
    while True:
        await asyncio.sleep(2)
        if len(tabs):
            await tabs.send(status())


async def main():
    asyncio.create_task(report_to_all())
    await serve(app, host.strip('[]'), int(port))


try:
    asyncio.run(main())
except KeyboardInterrupt:
    if this.name == 'micropython':
        asyncio.run(shutdown(app))
except OSError as exc:
    if exc.errno == EADDRINUSE:
        stop(f'LISTEN={listen} is in use; type another port, for example LISTEN=127.0.0.1:5001')
    stop(f'LISTEN={listen} does not work ({exc}); type for example LISTEN=127.0.0.1:5000')
