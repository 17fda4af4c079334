"""The board files that a wheel carries, as `make dist` puts them into ``board_files/``:

lib/                        Microdot and this package, compiled
<arch>_<abi>/_wscodec.mpy   a natmod for each architecture, and beside it
        _wsdeflate.mpy      the one that compresses
check/                      the codec's tests, compiled
SHA256SUMS                  over all of it
"""

import hashlib
from pathlib import Path

from . import Failed, natmod_file

FOLDER = Path(__file__).with_name('board_files')
#: Modules of Microdot that few boards need: `install --with` copies them too.
OPTIONAL = 'asgi', 'jinja', 'test_client', 'utemplate', 'wsgi'


def complete(folder=FOLDER):
    """The folder, if all of its files are what they were when the wheel was built."""
    sums = folder / 'SHA256SUMS'
    if not sums.is_file():
        raise Failed(
            'this installation has no files for boards: install the released wheel, or run '
            '`make dist` in the checkout that it comes from'
        )
    for line in sums.read_text().splitlines():
        digest, name = line.split('  ')
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise Failed(
                f'{path} is damaged: pip install --force-reinstall --no-deps microdot-websocket'
            )
    return folder


def modules(folder, extras=()):
    """{path below /lib: file} of all that is installed but the natmods."""
    lib = folder / 'lib'
    left_out = {f'microdot/{name}.mpy' for name in OPTIONAL if name not in extras}
    paths = {path.relative_to(lib).as_posix(): path for path in sorted(lib.rglob('*.mpy'))}
    return {name: path for name, path in paths.items() if name not in left_out}


def natmods(folder):
    """{architecture: the codec's file}."""
    paths = sorted(folder.glob('*/_wscodec.mpy'))
    return {natmod_file.read(path).arch: path for path in paths}
