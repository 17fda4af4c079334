"""run an application of this machine on the board, which is left as it is

The board sees the application's folder as its own, so what it imports and opens there works too.
Ctrl-C stops the program on the board. For a start without this machine: mpremote cp app.py :main.py

examples:
  microdot-websocket run app.py
  microdot-websocket run --device COM3 app.py
  microdot-websocket run --from-here app.py     on a board where nothing is installed
"""

import os
import re
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from . import Failed, files, mpremote, natmod_file
from .board import ask, choose_natmod
from .command import INTERRUPTED, add_device, add_files
from .interrupt import interrupt

MOUNTED = re.compile(rb'Local directory .* is mounted at .*\n')
# What is installed is looked for on the board first, lest this machine be asked about each module.
INSTALLED_FIRST = 'import sys; sys.path.append(sys.path.pop(0)); del sys; '
# execfile(), unlike import and mpremote's run, makes it __main__ and names it in tracebacks.
CODE = '__file__ = {name!r}; execfile(__file__)'


def add_arguments(parser):
    add_device(parser)
    add_files(parser)
    parser.add_argument(
        '--from-here',
        action='store_true',
        help='take Microdot and this package from this machine too: nothing needs to be installed',
    )
    parser.add_argument('app', type=Path, help='a file of Python')


class Output:
    """What the board prints, as it comes, without mpremote's line on the mount before it."""

    def __init__(self, stream):
        self._stream = stream
        self._first = b''
        self._started = False

    def show(self, piece):
        if not self._started:
            self._first += piece
            if b'\n' not in self._first:
                return
            self._started = True
            piece = MOUNTED.sub(b'', self._first, count=1)
        self._stream.write(piece)
        self._stream.flush()


@contextmanager
def all_in_one(app, board_files, device):
    """A folder to mount, with what is beside an application and the package for a board."""
    board = ask(device)
    natmods = files.natmods(files.complete(board_files))
    arch, why = choose_natmod(board, natmods)
    if not arch:
        print(f'Python codec, which is slower: {why}')
    with TemporaryDirectory() as folder:
        # The package's, lest Microdot's own websocket.py come from the application's folder.
        codec = natmod_file.beside(natmods[arch]).values() if arch else ()
        package = [*(board_files / 'lib').iterdir(), *codec]
        chosen = {path.name: path for path in (*app.resolve().parent.iterdir(), *package)}
        for name, path in chosen.items():
            link(path.resolve(), Path(folder, name))
        yield folder


def link(path, there):
    try:
        os.symlink(path, there)
    except OSError:  # Windows lets few users make links
        (shutil.copytree if path.is_dir() else shutil.copyfile)(path, there)


def run(args):
    if not args.app.is_file():
        raise Failed(f'{args.app}: there is no such file')
    device = mpremote.choose(args.device)
    code = CODE.format(name=args.app.name)
    if not args.from_here:
        return execute(device, args.app.name, INSTALLED_FIRST + code, args.app.resolve().parent)
    with all_in_one(args.app, args.files, device) as folder:
        return execute(device, args.app.name, code, '--unsafe-links', folder)


def execute(device, name, code, *mount):
    """The exit code of an application."""
    try:
        words = 'mount', *mount, 'exec', code
        mpremote.call(device, *words, timeout=None, show=Output(sys.stdout.buffer).show)
    except KeyboardInterrupt:
        interrupt(device)
        print(f'\nmicrodot-websocket: {name} was stopped on the board', file=sys.stderr)
        return INTERRUPTED
    except mpremote.BoardFailed as error:
        if error.lost:
            raise
        if "no module named 'microdot" in error.output:
            raise Failed(f'{device}: nothing is installed there: microdot-websocket install')
        return 1  # after the program's traceback
    return 0
