"""An echo server, and a page to try it with. One file for MicroPython and CPython.

LISTEN=host:port     where to listen (default 127.0.0.1:5000)
MAX_MESSAGE=bytes    the longest message to accept (default 1048576; 0: no limit)
CODEC=native|python  insist on the C codec, or do without it (default: C where it loads)
"""

import asyncio
import os
import sys
from errno import EADDRINUSE

from microdot import Microdot, send_file


def stop(message):
    print(message, file=sys.stderr)
    sys.exit(1)


# Boards have no environment. They have little RAM, and are there to be reached from elsewhere.
getenv = getattr(os, 'getenv', None)
listen, limit, wanted = [getenv and getenv(name) for name in ('LISTEN', 'MAX_MESSAGE', 'CODEC')]
listen, limit = listen or '5000', limit or ('1048576' if getenv else '8192')
host, _, port = listen.rpartition(':')
host = host or ('127.0.0.1' if getenv else '0.0.0.0')
if not port.isdigit() or not 0 < int(port) < 65536 or (':' in host and '[' not in host):
    stop(f'LISTEN={listen} is not host:port; type for example LISTEN=127.0.0.1:5000')
if not limit.isdigit():
    stop(f'MAX_MESSAGE={limit} is not a size in bytes; type for example MAX_MESSAGE=65536')
if wanted and wanted not in ('native', 'python'):
    stop(f'CODEC={wanted} is not a codec; type CODEC=native or CODEC=python')

if wanted == 'python':
    sys.modules['_wscodec'] = None  # hides the native module from the next line
from microdot_websocket import WebSocket, codec, with_websocket  # noqa: E402
from microdot_websocket.server import serve, shutdown  # noqa: E402

if wanted == 'native' and codec.IMPL != 'native':
    stop('CODEC=native: no _wscodec.mpy that fits is on the module path; try CODEC=python')
WebSocket.max_message_length = int(limit)

this = sys.implementation
version = 'MicroPython' if this.name == 'micropython' else 'CPython'
version += ' %d.%d.%d' % tuple(this.version[:3])
archs = 'x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc rv64imc'
arch = getattr(this, '_mpy', 0) >> 10 & 15  # of .mpy files; 1 is x86, 0 is none
platform = f'{version} {sys.platform}' + (' / ' + archs.split()[arch - 1] if arch else '')
app = Microdot()


@app.get('/')
async def index(request):  # the page lies next to this file; boards have no os.path
    return send_file(__file__[: __file__.replace('\\', '/').rfind('/') + 1] + 'index.html')


@app.get('/info')
async def info(request):
    return {'codec': codec.IMPL, 'platform': platform, 'max_message': int(limit)}


@app.get('/echo')
@with_websocket
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


async def announce():
    while not app.server:  # Microdot sets it once the port is bound
        await asyncio.sleep(0)
    print(f'http://{host}:{port}  (codec: {codec.IMPL}, {version})')
    if hasattr(sys.stdout, 'flush'):  # boards write at once
        sys.stdout.flush()


async def main():
    asyncio.create_task(announce())
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
