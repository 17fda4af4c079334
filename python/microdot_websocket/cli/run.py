"""run an application of this machine on the board, which is left as it is

The board sees the application's folder as its own, so what it imports and opens there works too.
Ctrl-C stops the program on the board. For a start without this machine: mpremote cp app.py :main.py

examples:
  microdot-websocket run app.py
  microdot-websocket run --device COM3 app.py
"""

import re
import sys
from pathlib import Path

from . import Failed, mpremote
from .command import INTERRUPTED, add_device

MOUNTED = re.compile(rb'Local directory .* is mounted at .*\n')
# execfile(), unlike import and mpremote's run, makes it __main__ and names it in tracebacks. What
# is installed is looked for on the board first, lest this machine be asked about each module.
CODE = (
    'import sys; sys.path.append(sys.path.pop(0)); del sys; __file__ = {name!r}; execfile(__file__)'
)


def add_arguments(parser):
    add_device(parser)
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


def run(args):
    if not args.app.is_file():
        raise Failed(f'{args.app}: there is no such file')
    device = mpremote.choose(args.device)
    words = 'mount', args.app.parent.resolve(), 'exec', CODE.format(name=args.app.name)
    try:
        mpremote.call(device, *words, timeout=None, show=Output(sys.stdout.buffer).show)
    except KeyboardInterrupt:
        mpremote.interrupt(device)
        print(f'\nmicrodot-websocket: {args.app.name} was stopped on the board', file=sys.stderr)
        return INTERRUPTED
    except mpremote.BoardFailed as error:
        if error.lost:
            raise
        if "no module named 'microdot" in error.output:
            raise Failed(f'{device}: nothing is installed there: microdot-websocket install')
        return 1  # after the program's traceback
    return 0
