import hashlib
import json
import shutil
import subprocess
import sys

import pytest
from interpreters import LIB, ROOT
from microdot_websocket.cli.natmod_file import ARCHS


@pytest.fixture
def natmods(tmp_path):
    """As if built: the x64 file, and the same bytes said to be for other architectures."""
    content = (LIB / '_wscodec.mpy').read_bytes()
    for arch in 'x64', 'armv6m':
        folder = tmp_path / 'natmods' / arch
        folder.mkdir(parents=True)
        features = bytes([ARCHS.index(arch) << 2 | content[2] & 3])
        (folder / '_wscodec.mpy').write_bytes(content[:2] + features + content[3:])
    return tmp_path / 'natmods'


def dist(tmp_path, natmods, *ports):
    command = [sys.executable, ROOT / 'ports' / 'dist.py', tmp_path / 'dist', natmods, *ports]
    return subprocess.run(command, capture_output=True, text=True)


def test_folders(tmp_path, natmods):
    made = dist(tmp_path, natmods, 'rp2:armv6m', 'unix:x64')
    assert made.returncode == 0, made.stderr
    folders = sorted(path.name for path in (tmp_path / 'dist').iterdir())
    others = ['LICENSE', 'LICENSE.microdot', 'SHA256SUMS']
    assert folders == [*others, 'armv6m_6.3', 'lib', 'rp2', 'unix', 'x64_6.3']
    for line in (tmp_path / 'dist' / 'SHA256SUMS').read_text().splitlines():
        digest, name = line.split('  ')
        assert hashlib.sha256((tmp_path / 'dist' / name).read_bytes()).hexdigest() == digest
    assert 'armv6m_6.3/_wscodec.mpy' in (tmp_path / 'dist' / 'SHA256SUMS').read_text()
    size = (LIB / '_wscodec.mpy').stat().st_size
    assert f'armv6m_6.3{size:21}' in made.stdout


def test_a_package_holds_what_is_staged(tmp_path, natmods):
    dist(tmp_path, natmods, 'rp2:armv6m')
    package = json.loads((tmp_path / 'dist' / 'rp2' / 'package.json').read_text())
    staged = {str(path.relative_to(LIB)) for path in LIB.rglob('*.mpy')}
    assert {name for name, _ in package['urls']} == staged
    for name, url in package['urls']:
        there = (tmp_path / 'dist' / 'rp2' / url).resolve()
        assert there.is_file(), url
        if name == '_wscodec.mpy':
            assert there.parent.name == 'armv6m_6.3'
        else:
            assert there.read_bytes() == (LIB / name).read_bytes()


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
