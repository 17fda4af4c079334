"""Make the wheel and the sdist, which carry the board files:  wheel.py DIST CHECK

Puts what ports/dist.py has laid out in DIST, and the compiled tests in CHECK, where the package has
its board files; then both archives into DIST. This wheel is for all machines, without the extension
for CPython: ports/native_wheel.py makes one with it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import command
from checksums import write_checksums
from microdot_websocket.cli.files import FOLDER

ROOT = Path(__file__).resolve().parent.parent


def carry(dist, check, folder=FOLDER):
    """Put the board files where the wheel takes them from."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in (dist / 'lib', *(path.parent for path in dist.glob('*/_wscodec.mpy')), check):
        name = 'check' if path == check else path.name
        shutil.copytree(path, folder / name)
    for path in dist.glob('LICENSE.*'):  # a wheel has this project's own at its own place
        shutil.copyfile(path, folder / path.name)
    write_checksums(folder)


def build(dist):
    """The sdist, and from that the wheel; what was there of another version goes."""
    for path in (*dist.glob('*.whl'), *dist.glob('*.tar.gz')):
        path.unlink()
    words = [sys.executable, '-m', 'build', '--outdir', str(dist), str(ROOT)]
    pipes = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT}
    env = {**os.environ, 'MICRODOT_WEBSOCKET_PURE': '1'}
    done = subprocess.run(words, env=env, text=True, **pipes)
    if done.returncode:
        sys.exit(f'{done.stdout}wheel: python -m build failed')


def main(dist, check):
    carry(dist, check)
    build(dist)
    write_checksums(dist)
    for path in (*dist.glob('*.whl'), *dist.glob('*.tar.gz')):
        print(f'{path.name:42}{path.stat().st_size:7}')


if __name__ == '__main__':
    parser = command.parser(__doc__)
    parser.add_argument('dist', type=Path, help='what ports/dist.py has laid out')
    parser.add_argument('check', type=Path, help="the codec's tests, compiled")
    command.run(main, parser)
