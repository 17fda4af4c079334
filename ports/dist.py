"""Lay out what is released:  dist.py DIST NATMODS PORT:ARCH...

DIST receives one folder for each natmod found as NATMODS/*/_wscodec.mpy, <arch>_<abi>/; the Python
layer for every board, lib/; for each port a package.json, from which mip installs both; and
SHA256SUMS over all of it.
"""

import hashlib
import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import natmod_file
from stage import compile_all


def name(natmod):
    """Its folder's name."""
    return f'{natmod.arch}_{natmod.abi}'


def package(lib, natmod):
    """A port's package.json: the files of lib/ and its natmod, found beside it."""
    urls = [[str(path), f'../lib/{path}'] for path in lib]
    urls.append(['_wscodec.mpy', f'../{name(natmod)}/_wscodec.mpy'])
    content = {'urls': urls, 'version': version('microdot-websocket')}
    return json.dumps(content, indent=1) + '\n'


def checksums(dist):
    """In the form that `sha256sum -c SHA256SUMS` reads."""
    for path in sorted(path for path in dist.rglob('*') if path.is_file()):
        yield f'{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(dist)}\n'


def table(natmods, lib):
    yield f'{"dist/":24}{"file":>7}{"text":>7}{"rodata":>7}'
    for natmod in natmods:
        yield f'{name(natmod):24}{natmod.size:7}{natmod.text:7}{natmod.rodata:7}'
    own = sum(path.stat().st_size for path in (lib / 'microdot_websocket').rglob('*.mpy'))
    yield f'{"lib/microdot_websocket":24}{own:7}'


def copy_natmods(folder, new):
    """Copy all that are there; returns them by architecture."""
    natmods = {}
    for path in sorted(folder.glob('*/_wscodec.mpy')):
        natmod = natmod_file.read(path)
        natmods[natmod.arch] = natmod
        (new / name(natmod)).mkdir()
        shutil.copyfile(path, new / name(natmod) / path.name)
    return natmods


def make_dist(dist, folder, ports):
    new = dist.with_name(dist.name + '.new')
    shutil.rmtree(new, ignore_errors=True)
    compile_all(new / 'lib')
    lib = sorted(path.relative_to(new / 'lib') for path in (new / 'lib').rglob('*.mpy'))
    natmods = copy_natmods(folder, new)
    for port, arch in ports:
        if arch not in natmods:
            sys.exit(f'dist: {folder} has no natmod for {port}: {arch}')
        (new / port).mkdir()
        (new / port / 'package.json').write_text(package(lib, natmods[arch]))
    (new / 'SHA256SUMS').write_text(''.join(checksums(new)))
    shutil.rmtree(dist, ignore_errors=True)
    new.rename(dist)
    print('\n'.join(table(natmods.values(), dist / 'lib')))


if __name__ == '__main__':
    pairs = [pair.split(':') for pair in sys.argv[3:]]
    make_dist(Path(sys.argv[1]), Path(sys.argv[2]), pairs)
