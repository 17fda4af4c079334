"""Make the wheel with the extension for CPython on this machine:  native_wheel.py DIST

From the sdist in DIST, into DIST. It goes with all CPythons from 3.11 on; of an older one that runs
this, with that alone.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import command
from checksums import write_checksums


def has_extension(wheel):
    """Whether it was built: without a compiler the wheel is made all the same."""
    with zipfile.ZipFile(wheel) as archive:
        return any(name.startswith('_wscodec.') for name in archive.namelist())


def main(dist):
    [sdist] = dist.glob('*.tar.gz')
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, '-m', 'pip', 'wheel', '--quiet', '--no-deps']
        words += ['--disable-pip-version-check', '--wheel-dir', folder, str(sdist)]
        subprocess.run(words, check=True)
        [wheel] = Path(folder).glob('*.whl')
        if not has_extension(wheel):
            sys.exit('native_wheel: the extension was not built: is there a C compiler?')
        target = dist / wheel.name
        target.write_bytes(wheel.read_bytes())
    write_checksums(dist)
    print(f'{target.name:42}{target.stat().st_size:7}')


if __name__ == '__main__':
    parser = command.parser(__doc__)
    parser.add_argument('dist', type=Path, help='with the sdist that ports/wheel.py has made')
    command.run(main, parser)
