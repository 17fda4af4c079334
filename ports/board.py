"""A board on the desk:  board.py choose DEVICE PORT:PLATFORM:ARCH,ARCH...
                      board.py install DEVICE PORT LIB
                      board.py mount DEVICE PORT LIB APP

DEVICE is what `mpremote connect` takes, and mpremote does all that is done on the board. `choose`
prints the make variables that suit the board; `install` copies LIB; `mount` runs an application of
this machine with LIB, copying nothing. Both look first whether the board can load LIB's natmod.
"""

import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

from microdot_websocket.cli import natmod_file

MPREMOTE = sys.executable, '-m', 'mpremote', 'connect'
OLDEST = (1, 24)  # before, an ESP32's garbage collector could take a natmod's data
ASK = (
    'import sys; i = sys.implementation; '
    "print('board:', sys.platform, getattr(i, '_mpy', 0), i.version[0], i.version[1])"
)

#: platform: sys.platform. arch and abi: of the natmods that it loads. version: (1, 25), say.
Board = namedtuple('Board', 'platform arch abi version')


def ask(device):
    """What the board says of itself."""
    command = *MPREMOTE, device, 'exec', ASK
    done = subprocess.run(command, capture_output=True, text=True)
    answers = [line for line in done.stdout.splitlines() if line.startswith('board: ')]
    if done.returncode or not answers:
        words = (done.stderr or done.stdout).strip().splitlines()[-1:]
        sys.exit(f'board: {"".join(words) or "no answer"} (DEVICE={device})')
    _, platform, mpy, major, minor = answers[0].split()
    return Board(platform, *natmod_file.decode_mpy(int(mpy)), (int(major), int(minor)))


def choose(board, ports):
    """The make variables for a board, from strings PORT:PLATFORM:ARCH,ARCH...

    A port of its platform before all others, which serve too, since a natmod depends on nothing
    but the processor; then the architecture nearest to its own.
    """
    fitting = []
    for text in ports:
        port, platform, archs = text.split(':')
        for arch in archs.split(','):
            if natmod_file.loads(board.arch, arch):
                nearness = natmod_file.ARCHS.index(arch)
                fitting.append((platform == board.platform, nearness, port, arch))
    if not fitting:
        return ''
    *_, port, arch = max(fitting)
    return f'PORT={port} ARCH={arch}'


def reason_against(board, port, natmod):
    """Why a board can't load a natmod, and what to do; '' if it can."""
    version = '.'.join(map(str, board.version))
    if board.arch == 'none':
        return (
            f'its MicroPython {version} loads no native modules; the Python codec does without '
            '(mpremote cp -r dist/lib :)'
        )
    if not natmod_file.loads(board.arch, natmod.arch):
        return f'it loads {board.arch}, and PORT={port} is {natmod.arch}; use PORT=auto'
    if board.version < OLDEST or board.abi != natmod.abi:
        return (
            f'its MicroPython {version} loads .mpy {board.abi}, and this natmod needs {natmod.abi} '
            'and MicroPython 1.24 or newer; update the firmware'
        )
    return ''


def check(device, port, lib):
    """Ask the board, before anything is copied, whether it can load the natmod in a folder."""
    reason = reason_against(ask(device), port, natmod_file.read(lib / '_wscodec.mpy'))
    if reason:
        sys.exit(f'board: nothing was copied: {reason}')


def install(device, port, lib):
    check(device, port, lib)
    code = subprocess.call([*MPREMOTE, device, 'fs', 'cp', '-r', str(lib), ':'])
    if not code:
        print(f'Installed. To try it: make check-board DEVICE={device}')
    return code


def mount(device, port, lib, app):
    """Run an application that finds LIB and the files beside it on this machine."""
    check(device, port, lib)
    folder = lib.with_name('mount')
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    # LIB's, lest Microdot's own websocket.py come from the application's folder.
    for path in *app.parent.iterdir(), *lib.iterdir():
        link = folder / path.name
        link.unlink(missing_ok=True)
        link.symlink_to(path.resolve())
    words = 'mount', '--unsafe-links', str(folder), 'run', str(app)
    return subprocess.call([*MPREMOTE, device, *words])


def main(command, device, *words):
    if command == 'choose':
        board = ask(device)
        found = choose(board, words)
        if not found:
            sys.exit(f'board: no port has files for {board.arch} ({board.platform})')
        print(found)
        return 0
    port, lib, *app = words
    if command == 'install':
        return install(device, port, Path(lib))
    if not Path(*app).is_file():
        sys.exit(
            f'board: APP={app[0]} is no file: name the application to run (APP=examples/echo.py)'
        )
    return mount(device, port, Path(lib), Path(*app))


if __name__ == '__main__':
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
