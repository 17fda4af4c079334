"""Lay out the board files that are released:  dist.py DIST NATMODS PORT:ARCH...

DIST receives one folder for each codec found as NATMODS/*/_wscodec.mpy, <arch>_<abi>/, with what
stands beside it; the Python layer for every board, lib/; for each port a package.json, from which
mip installs both; an index.html that says which is for which board; the licences; and SHA256SUMS
over all of it. It can be served as it is: all addresses in it are relative.
"""

import json
import shutil
import sys
from importlib.metadata import distribution, version
from pathlib import Path
from string import Template

import command
from checksums import write_checksums
from microdot_websocket.cli import files, natmod_file
from microdot_websocket.cli.chips import CHIPS
from stage import compile_all

ROOT = Path(__file__).resolve().parent.parent
NAME = 'microdot-websocket'
NATMODS = natmod_file.CODEC, natmod_file.DEFLATE

# Packages that serve every board, and how each names the natmod's folder. ViperIDE fills in the
# first. The second is of a proposal for mip (micropython-lib, pull
# request 1140). The third is for boards that load no natmods.
EVERY_BOARD = {'.': '{ARCH}_{MPY}', 'mip': '{MPY_ARCH}_{MPY_VERSION}', 'python': None}


def name(natmod):
    """Its folder's name."""
    return f'{natmod.arch}_{natmod.abi}'


def package(lib, natmod, up='../'):
    """A package.json: the files of lib/ that `install` copies too, and the natmods in a folder of
    this name, if any. `up` leads from it to DIST."""
    urls = [[path, f'{up}lib/{path}'] for path in lib]
    if natmod:
        urls += [[name, f'{up}{natmod}/{name}'] for name in NATMODS]
    content = {'name': NAME, 'urls': urls, 'version': version(NAME)}
    return json.dumps(content, indent=1) + '\n'


def write_packages(new, natmods):
    """Write a package.json into each of these folders, from {folder: its natmod's}."""
    lib = files.modules(new)
    for folder, natmod in natmods.items():
        (new / folder).mkdir(exist_ok=True)
        up = '' if folder == '.' else '../'
        (new / folder / 'package.json').write_text(package(lib, natmod, up))


def page():
    """The index.html: the boards are those of the command that have a port."""
    release = version(NAME)
    wheel = f'{NAME.replace("-", "_")}-{release}-py3-none-any.whl'
    template = Template((ROOT / 'ports' / 'index.html').read_text())
    boards = '\n'.join(row(chip) for chip in CHIPS if chip.port)
    return template.substitute(version=release, wheel=wheel, boards=boards)


def row(chip):
    arch = chip.archs[0]
    notes = ''.join(f'<br>{note}' for note in (chip.network, chip.memory) if note)
    return (
        f'<tr><td>{chip.boards}{notes}<td><a href="{chip.port}/package.json">{chip.port}</a>'
        f'<td><a href="{arch}_6.3/_wscodec.mpy">{arch}</a>'
    )


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob('*') if path.is_file())


def table(natmods, dist):
    yield f'{"dist/":24}{"file":>7}{"text":>7}{"rodata":>7}'
    for natmod in natmods:
        yield f'{name(natmod):24}{natmod.size:7}{natmod.text:7}{natmod.rodata:7}'
    for folder in 'lib/microdot', 'lib/microdot_websocket':
        yield f'{folder:24}{size(dist / folder):7}'


def copy_natmods(folder, new):
    """Copy all that are there; returns the codecs by architecture."""
    natmods = {}
    for path in sorted(folder.glob(f'*/{natmod_file.CODEC}')):
        natmod = natmod_file.read(path)
        natmods[natmod.arch] = natmod
        (new / name(natmod)).mkdir()
        for file in NATMODS:
            shutil.copyfile(path.with_name(file), new / name(natmod) / file)
    return natmods


def copy_licenses(new):
    """Beside the compiled modules of Microdot, whose licence asks for it, and ours."""
    shutil.copyfile(ROOT / 'LICENSE', new / 'LICENSE')
    [text] = [path for path in distribution('microdot').files if path.name == 'LICENSE']
    (new / 'LICENSE.microdot').write_text(text.read_text())


def make_tree(new, folder, ports):
    compile_all(new / 'lib')
    natmods = copy_natmods(folder, new)
    packages = dict(EVERY_BOARD)
    for port, arch in ports:
        if arch not in natmods:
            sys.exit(f'dist: {folder} has no natmod for {port}: {arch}')
        packages[port] = name(natmods[arch])
    write_packages(new, packages)
    (new / 'index.html').write_text(page())
    copy_licenses(new)
    write_checksums(new)
    return natmods.values()


def make_dist(dist, natmods, ports):
    """Make it beside its place, then put it there: it never holds half a release."""
    new = dist.with_name(dist.name + '.new')
    shutil.rmtree(new, ignore_errors=True)
    try:
        made = make_tree(new, natmods, [port.split(':') for port in ports])
        shutil.rmtree(dist, ignore_errors=True)
        new.rename(dist)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    print('\n'.join(table(made, dist)))


if __name__ == '__main__':
    parser = command.parser(__doc__)
    parser.add_argument('dist', type=Path, help='the folder to make')
    parser.add_argument(
        'natmods', type=Path, help='a folder with */_wscodec.mpy and */_wsdeflate.mpy'
    )
    parser.add_argument('ports', nargs='*', metavar='PORT:ARCH', help='ports, and their natmods')
    command.run(make_dist, parser)
