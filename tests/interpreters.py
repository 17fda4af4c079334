"""The interpreters that the tests run on: what starts each, and what is staged for it."""

import functools
import os
import shutil
import socket
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / 'build'
LIB = BUILD / 'unix' / 'lib'
HEAP = '4m'  # twice the default: some tests hold a message several times
_bound = deque(maxlen=64)  # the sockets of free_port()


@dataclass
class Interpreter:
    """A MicroPython for this machine, or one that QEMU runs as if it were."""

    program: str  # in build/bin
    arch: str = ''  # of its natmod; none stands for the twin
    wrong: str = ''  # the architecture of a natmod that it must refuse
    server: bool = True  # whether it has sockets
    frozen: bool = False  # whether the codec and all the rest are in it, with nothing staged
    tls: bool = True  # whether it is built with it
    sample: int = 1  # each so manieth test module runs, unless all are asked for

    @property
    def impl(self):
        return 'native' if self.arch or self.frozen else 'python'


INTERPRETERS = {
    'unix': Interpreter('micropython', 'x64'),
    'unix-twin': Interpreter('micropython'),
    'unix-newest': Interpreter('micropython-amd64', 'x64', sample=2),
    'unix-firmware': Interpreter('micropython-firmware', frozen=True, tls=False, sample=2),
    'unix-x86': Interpreter('micropython-i386', 'x86', sample=2),
    'esp32': Interpreter('micropython-xtensawin', 'xtensawin', wrong='xtensa', server=False),
    'esp8266': Interpreter('micropython-xtensa', 'xtensa', wrong='xtensawin', server=False),
    'armhf-armv6m': Interpreter('micropython-armhf', 'armv6m', wrong='rv32imc'),
    # Emulated boards run the rest on these cores, and armhf-armv6m runs all.
    'armhf-armv7m': Interpreter('micropython-armhf', 'armv7m', wrong='x86', sample=3),
    'armhf-armv7emsp': Interpreter('micropython-armhf', 'armv7emsp', wrong='xtensawin', sample=3),
    'armhf-armv7emdp': Interpreter('micropython-armhf', 'armv7emdp', wrong='x64', sample=3),
}
ON_CPYTHON = {'cpython': 'python', 'cpython-native': 'native'}
IMPL = {**ON_CPYTHON, **{name: item.impl for name, item in INTERPRETERS.items()}}


def natmod(arch):
    return BUILD / 'natmod' / arch / '_wscodec.mpy'


def stage(lib, arch):
    """What is staged for a board, with the natmod of an architecture, or none."""
    shutil.rmtree(lib, ignore_errors=True)
    shutil.copytree(LIB, lib, ignore=shutil.ignore_patterns('_ws*.mpy'))
    for path in natmod(arch).parent.glob('*.mpy') if arch else ():
        shutil.copy(path, lib)
    return lib


stage_once = functools.cache(stage)  # not again below a server that runs


def command(name, *path, heap=HEAP, target=None):
    """(arguments, environment) that start the interpreter with these folders to import from.

    `heap` is MicroPython's, with a unit; `target` the one it runs for, if that has another name.
    """
    if name in ON_CPYTHON:
        places = [*path, BUILD / 'cpython'] if name == 'cpython-native' else path
        return [sys.executable], {**os.environ, 'PYTHONPATH': ':'.join(map(str, places))}
    interpreter = INTERPRETERS[name]
    lib = BUILD / 'test' / (target or name) / 'lib'
    if interpreter.frozen:
        # The codec in the firmware wins over a file, be it one that could not be loaded.
        lib.mkdir(parents=True, exist_ok=True)
        (lib / '_wscodec.mpy').write_bytes(b'')
    else:
        stage_once(lib, interpreter.arch)
    places = [*map(str, path), str(lib), '.frozen']
    program = str(BUILD / 'bin' / interpreter.program)
    return [program, '-X', f'heapsize={heap}'], {**os.environ, 'MICROPYPATH': ':'.join(places)}


def free_port():
    """A port for a server that is about to start, and for no other that starts beside it.

    It stays bound here, which a server that sets SO_REUSEADDR does not mind: all of them do.
    """
    if len(_bound) == _bound.maxlen:
        _bound.popleft().close()
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', 0))
    _bound.append(s)
    return s.getsockname()[1]
