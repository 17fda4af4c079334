import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest
from interpreters import LIB, ROOT
from microdot_websocket.cli.files import OPTIONAL
from microdot_websocket.cli.natmod_file import ARCHS, CODEC, DEFLATE

NATMODS = CODEC, DEFLATE


@pytest.fixture
def natmods(tmp_path):
    """As if built: the x64 files, and the same bytes said to be for other architectures."""
    for arch in 'x64', 'armv6m':
        folder = tmp_path / 'natmods' / arch
        folder.mkdir(parents=True)
        for name in NATMODS:
            content = (LIB / name).read_bytes()
            features = bytes([ARCHS.index(arch) << 2 | content[2] & 3])
            (folder / name).write_bytes(content[:2] + features + content[3:])
    return tmp_path / 'natmods'


def dist(tmp_path, natmods, *ports):
    command = [sys.executable, ROOT / 'ports' / 'dist.py', tmp_path / 'dist', natmods, *ports]
    return subprocess.run(command, capture_output=True, text=True)


def test_folders(tmp_path, natmods):
    made = dist(tmp_path, natmods, 'rp2:armv6m', 'unix:x64')
    assert made.returncode == 0, made.stderr
    folders = sorted(path.name for path in (tmp_path / 'dist').iterdir())
    others = 'LICENSE LICENSE.microdot SHA256SUMS'.split()
    assert folders == [
        *others,
        *'armv6m_6.3 index.html lib mip package.json python rp2 unix x64_6.3'.split(),
    ]
    for line in (tmp_path / 'dist' / 'SHA256SUMS').read_text().splitlines():
        digest, name = line.split('  ')
        assert hashlib.sha256((tmp_path / 'dist' / name).read_bytes()).hexdigest() == digest
    for name in NATMODS:
        assert f'armv6m_6.3/{name}' in (tmp_path / 'dist' / 'SHA256SUMS').read_text()
    size = (LIB / '_wscodec.mpy').stat().st_size
    assert f'armv6m_6.3{size:21}' in made.stdout


def urls(tmp_path, folder):
    """{where a file goes on a board: where it is in DIST} of a folder's package.json."""
    package = json.loads((tmp_path / 'dist' / folder / 'package.json').read_text())
    return {name: os.path.normpath(os.path.join(folder, url)) for name, url in package['urls']}


def test_a_package_holds_what_install_copies(tmp_path, natmods):
    dist(tmp_path, natmods, 'rp2:armv6m')
    there = urls(tmp_path, 'rp2')
    staged = {str(path.relative_to(LIB)) for path in LIB.rglob('*.mpy')}
    optional = {f'microdot/{name}.mpy' for name in OPTIONAL}
    assert optional < staged
    assert set(there) == staged - optional
    for name in NATMODS:
        assert there.pop(name) == f'armv6m_6.3/{name}'
    for name, file in there.items():
        assert (tmp_path / 'dist' / file).read_bytes() == (LIB / name).read_bytes()


def test_packages_for_every_board(tmp_path, natmods):
    dist(tmp_path, natmods, 'rp2:armv6m')
    modules = urls(tmp_path, 'rp2')
    natmods = [modules.pop(name) for name in NATMODS]
    assert urls(tmp_path, 'python') == modules
    for folder, variables in {
        '.': {'ARCH': 'armv6m', 'MPY': '6.3'},
        'mip': {'MPY_ARCH': 'armv6m', 'MPY_VERSION': '6.3'},
    }.items():
        there = urls(tmp_path, folder)
        assert [there.pop(name).format(**variables) for name in NATMODS] == natmods
        assert there == modules


def test_made_again_it_is_the_same(tmp_path, natmods):
    dist(tmp_path, natmods, 'rp2:armv6m')
    before = (tmp_path / 'dist' / 'SHA256SUMS').read_bytes()
    (tmp_path / 'dist' / 'left over').write_text('of another version')
    dist(tmp_path, natmods, 'rp2:armv6m')
    assert (tmp_path / 'dist' / 'SHA256SUMS').read_bytes() == before
    assert not (tmp_path / 'dist' / 'left over').exists()


def test_a_natmod_is_missing(tmp_path, natmods):
    shutil.rmtree(natmods / 'armv6m')
    made = dist(tmp_path, natmods, 'rp2:armv6m')
    assert made.returncode == 1
    assert made.stderr == f'dist: {natmods} has no natmod for rp2: armv6m\n'
    assert not (tmp_path / 'dist').exists()
    assert not (tmp_path / 'dist.new').exists()
