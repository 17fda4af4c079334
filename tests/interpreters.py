"""The interpreters that the tests run on: what starts each, and which codec it must have."""

import os
import shutil
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / 'build'
LIB = BUILD / 'unix' / 'lib'
MICROPYTHON = BUILD / 'bin' / 'micropython'
MICROPYTHON_32 = BUILD / 'bin' / 'micropython-i386'
HEAP = '-X', 'heapsize=4m'  # twice the default: some tests hold a message several times

IMPL = {'cpython': 'python', 'unix': 'native', 'unix-twin': 'python', 'unix-i386': 'python'}


def twin_lib():
    """What is staged for a board, without the natmod: a copy of build/unix/lib."""
    lib = BUILD / 'test' / 'unix-twin' / 'lib'
    shutil.rmtree(lib, ignore_errors=True)
    shutil.copytree(LIB, lib, ignore=shutil.ignore_patterns('_wscodec.mpy'))
    return lib


def command(name, *path):
    """(arguments, environment) that start the interpreter with these folders to import from."""
    if name == 'cpython':
        return [sys.executable], {**os.environ, 'PYTHONPATH': ':'.join(map(str, path))}
    lib = LIB if name == 'unix' else twin_lib()
    places = [*map(str, path), str(lib), '.frozen']
    interpreter = MICROPYTHON_32 if name == 'unix-i386' else MICROPYTHON
    return [str(interpreter), *HEAP], {**os.environ, 'MICROPYPATH': ':'.join(places)}


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]
