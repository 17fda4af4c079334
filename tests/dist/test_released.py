"""What is released, after `make dist`."""

import subprocess

from microdot_websocket.cli import natmod_file
import pytest
from interpreters import ROOT

DIST = ROOT / 'dist'
ARCHS = 'armv6m armv7emdp armv7emsp armv7m rv32imc x64 x86 xtensa xtensawin'.split()


def test_every_architecture():
    assert sorted(path.parent.name for path in DIST.glob('*/_wscodec.mpy')) == [
        f'{arch}_6.3' for arch in ARCHS
    ]


def test_every_port_has_its_package():
    ports = {path.parent.name for path in (ROOT / 'ports').glob('*/port.mk')}
    assert {path.parent.name for path in DIST.glob('*/package.json')} == ports


def test_checksums():
    subprocess.run(['sha256sum', '--quiet', '-c', 'SHA256SUMS'], cwd=DIST, check=True)


@pytest.mark.parametrize('arch', ['armv6m', 'xtensawin'])
def test_the_natmods_are_small(arch):
    natmod = natmod_file.read(DIST / f'{arch}_6.3' / '_wscodec.mpy')
    assert natmod.arch == arch
    assert natmod.size <= 8192  # an ESP32's RAM for code is scarce, and freed by a reset only


@pytest.mark.parametrize('arch', ARCHS)
def test_built_in_another_folder_the_bytes_are_the_same(arch, tmp_path):
    words = 'make', '-s', 'natmod', f'ARCH={arch}', f'NATMODS={tmp_path}'
    subprocess.run(words, cwd=ROOT, check=True)
    built = (tmp_path / arch / '_wscodec.mpy').read_bytes()
    assert built == (DIST / f'{arch}_6.3' / '_wscodec.mpy').read_bytes()
