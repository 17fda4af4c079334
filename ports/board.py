"""For `make install` and its like, what the tool itself does not do:

board.py arch DEVICE ARCH...                           which native module to build for a board
board.py files [--debug] FOLDER CHECK [NATMOD...]      board files from this checkout

DEVICE is what the tool calls --device, or auto. `arch` prints one of the architectures, or none if
the board needs the Python codec. `files` lays FOLDER out as the wheel carries it: the compiled
package, the compiled tests of CHECK, the native modules.
"""

import shutil
import sys
from pathlib import Path

from checksums import write_checksums
from dist import name
from microdot_websocket.cli import Failed, natmod_file
from microdot_websocket.cli.board import ask, choose_natmod
from stage import compile_all


def choose(board, archs):
    """The architecture to build for a board; Failed if it loads native code, but none of these."""
    arch, _ = choose_natmod(board, archs)
    if not arch and board.arch != 'none':
        raise Failed(
            f'{board.device}: nothing was done: it loads {board.arch}, and what was asked for is '
            f'{", ".join(archs)}: leave out PORT= and ARCH='
        )
    return arch or 'none'


def lay_out(folder, check, *natmod, debug=False):
    """Board files as cli/files.py has them."""
    shutil.rmtree(folder, ignore_errors=True)
    compile_all(folder / 'lib', debug)
    shutil.copytree(check, folder / 'check')
    for path in natmod:
        there = folder / name(natmod_file.read(path))
        there.mkdir(exist_ok=True)
        shutil.copyfile(path, there / path.name)
    write_checksums(folder)


def main(command, *words):
    if command == 'files':
        debug, words = words[0] == '--debug', [word for word in words if word != '--debug']
        return lay_out(*map(Path, words), debug=debug)
    device, *archs = words
    try:
        print(choose(ask(None if device == 'auto' else device), archs))
    except Failed as error:
        sys.exit(f'board: {error}')


if __name__ == '__main__':
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
