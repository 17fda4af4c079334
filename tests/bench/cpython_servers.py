"""The servers on CPython: this project with either codec, Microdot's own module, and others'
libraries; each on asyncio's event loop, and on uvloop."""

import os
import sys

from client import exchange
from interpreters import BUILD, ROOT
from servers import PEERS, Server

IMPLS = {
    'native': 'this project',
    'python': 'the same with the Python codec',
    'microdot': "Microdot's own",
}
LIBRARIES = 'websockets', 'aiohttp', 'picows'
TITLES = {**IMPLS, **dict(zip(LIBRARIES, LIBRARIES))}
# Of what module is that which decodes the frames.
CODECS = {
    'native': '_wscodec',
    'python': 'microdot_websocket.core.twin',
    'microdot': 'microdot.websocket',
}
UVLOOP = '-uvloop'
SERVERS = {
    name + suffix: f'{title}, {loop}'
    for suffix, loop in (('', 'asyncio'), (UVLOOP, 'uvloop'))
    for name, title in TITLES.items()
}
EXTENSION = BUILD / 'cpython' / '_wscodec.abi3.so'


def path(name):
    """The folders to import from."""
    return [ROOT / 'python', *([EXTENSION.parent] if name == 'native' else [])]


def start(server):
    """One of SERVERS that has come to serve, and is what it is said to be."""
    name, uvloop, _ = server.partition(UVLOOP)
    if name == 'native' and not EXTENSION.is_file():
        sys.exit("bench: the native codec of CPython is not built: 'make ext' does that")
    words = [PEERS / 'microdot_echo.py', 'PORT', name]
    if name not in IMPLS:
        words = [PEERS / f'{name}_echo.py', 'PORT']
    if uvloop:
        words.append('--uvloop')
    env = {**os.environ, 'PYTHONPATH': os.pathsep.join(map(str, path(name)))}
    server = Server([sys.executable, *words], env)
    try:
        check(server, name)
    except BaseException:
        server.end()
        raise
    return server


def check(server, name):
    if not server.serves():
        raise RuntimeError(f'{name} does not serve: {server.console}')
    if name in IMPLS and codec(server) != CODECS[name]:
        raise RuntimeError(f'this is not {name}, but {codec(server)}')


def codec(server):
    """One of CODECS: what a connection of the server has, not what could be imported."""
    request, _ = exchange(1)
    buf = bytearray(125)
    with server.client(path='/codec') as client:
        client.send(request)
        n = client.receive_some(buf)
    return buf[2:n].partition(b'\x88')[0].decode()
