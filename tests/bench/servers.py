"""The servers that are measured: this project, Microdot's own module, and others' libraries."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import microdot
from client import Client
from interpreters import BUILD, ROOT, free_port, natmod, stage
from stage import compile_module

HERE = Path(__file__).parent
PEERS = HERE / 'peers'
STAGED = HERE / 'staged'  # what runs on MicroPython

# What it runs there.
IMPLS = {
    'native': 'this project, native codec',
    'python': 'this project, Python codec',
    'microdot': "Microdot's own module",
}


def make(*words):
    """Have make set something up; it says itself what is wrong."""
    outer = 'MAKEFLAGS', 'MAKELEVEL', 'MFLAGS'
    env = {name: value for name, value in os.environ.items() if name not in outer}
    if subprocess.run(
        ['make', '-s', *words], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
    ).returncode:
        sys.exit(1)


def stage_microdot(lib):
    """Microdot as its authors publish it, compiled as this project's modules are."""
    shutil.rmtree(lib, ignore_errors=True)
    for path in sorted(Path(microdot.__file__).parent.glob('*.py')):
        name = f'microdot/{path.name}'
        compile_module(path, name, (lib / name).with_suffix('.mpy'))


def stage_all(impl, arch, counting=False):
    """The folder to import from, with what one of IMPLS consists of and all that measures it;
    `counting`: with the natmod of `make bench-natmod`."""
    lib = BUILD / 'bench' / f'{arch}-{impl}' / 'lib'
    if impl == 'microdot':
        stage_microdot(lib)
    else:
        stage(lib, arch if impl == 'native' else '')
    for path in STAGED.glob('*.py'):
        target = (lib / path.name).with_suffix('.mpy')
        compile_module(path, path.name, target, f'-march={arch}', debug=True)
    if counting:
        shutil.copy(BUILD / 'bench' / 'natmod' / arch / '_wsbench.mpy', lib)
    return lib


def micropython(program, impl, arch):
    """(command, environment) of an interpreter in build/bin; what it is to run comes behind."""
    lib = stage_all(impl, arch)
    # As short as a board's /lib, since each module keeps its own in memory.
    command = ['env', f'--chdir={lib.parent}', str(BUILD / 'bin' / program)]
    # Nothing else: on the emulated machine the environment lies where the stack begins.
    return command, {'PATH': os.environ['PATH'], 'MICROPYPATH': f'{lib.name}:.frozen'}


def made_with(arch):
    """What the natmod of an architecture was made with, as natmod/Makefile keeps it: the folder of
    MicroPython's source, and what the names of the compiler's programs begin with."""
    words = (natmod(arch).parent / 'made_with').read_text().split()
    return Path(words[0]), words[1] if words[1:] and words[1].endswith('-') else ''


def source_version(arch):
    """The version of that MicroPython, of which the emulated boards are made too."""
    header = (made_with(arch)[0] / 'py' / 'mpconfig.h').read_text()
    return '.'.join(re.findall(r'^#define MICROPY_VERSION_M\w+ (\d+)', header, re.M))


class Server:
    """A server process; `console` is what it has printed. It is ended when it prints `fatal`."""

    def __init__(self, command, env, fatal=None):
        self.port = free_port()
        command = [str(self.port) if word == 'PORT' else str(word) for word in command]
        pipes = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT}
        self.process = subprocess.Popen(command, env=env, text=True, errors='replace', **pipes)
        self.console = ''
        self.reader = threading.Thread(target=self.read, args=[fatal])
        self.reader.start()

    def read(self, fatal):
        with self.process.stdout as lines:
            for line in lines:
                self.console += line
                if fatal and fatal in line:
                    self.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.end()

    def end(self):
        self.process.kill()
        self.reader.join()
        self.process.wait()

    def serves(self, seconds=20):
        """Whether it comes to serve."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(('127.0.0.1', self.port)).close()
                return True
            except ConnectionRefusedError:
                time.sleep(0.01)
        return False

    def check(self, impl):
        """That it serves, and with what it was meant to."""
        runs = self.get('/impl') if self.serves() else self.console
        if runs != impl:
            raise RuntimeError(f'this is not {impl}, but {runs}')

    def cpu_seconds(self):
        """The time that it has had a processor, up to now."""
        return time.clock_gettime(~self.process.pid << 3 | 2)  # as clock_getcpuclockid(3) has it

    def memory(self):
        """Bytes of memory that it has, shared ones too."""
        with open(f'/proc/{self.process.pid}/statm') as line:
            return int(line.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')

    def client(self, **options):
        return Client(self.port, **options)

    def get(self, path):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.port}{path}', timeout=20) as response:
            return response.read().decode()
