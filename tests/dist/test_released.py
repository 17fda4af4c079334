"""What is released, after `make dist`."""

import json
import re
import subprocess

from microdot_websocket.cli import natmod_file
import pytest
from interpreters import ROOT

DIST = ROOT / 'dist'
ARCHS = 'armv6m armv7emdp armv7emsp armv7m rv32imc x64 x86 xtensa xtensawin'.split()


def test_every_architecture():
    for name in '_wscodec.mpy', '_wsdeflate.mpy':
        folders = sorted(path.parent.name for path in DIST.glob(f'*/{name}'))
        assert folders == [f'{arch}_6.3' for arch in ARCHS]


def test_every_port_has_its_package():
    ports = {path.parent.name for path in (ROOT / 'ports').glob('*/port.mk')}
    every_board = {'mip', 'python'}
    assert {path.parent.name for path in DIST.glob('*/package.json')} == ports | every_board


def test_the_page_leads_to_files():
    page = (DIST / 'index.html').read_text()
    links = set(re.findall('href="([^"]+)"', page)) - {'https://viper-ide.org'}
    links.remove('docs/')  # the page hides it where the documentation is not beside it
    assert not [link for link in links if not (DIST / link).is_file()]
    [wheel] = DIST.glob('*-py3-none-any.whl')
    assert f'<span class="base"></span>{wheel.name}\n' in page


def test_the_page_names_each_board_and_each_natmod():
    page = (DIST / 'index.html').read_text()
    rows = re.findall(r'href="(\w+)/package.json">\1</a><td><a href="(\w+)_6.3/', page)
    assert len(rows) > 6
    for port, arch in rows:
        assert f'../{arch}_6.3/_wscodec.mpy' in (DIST / port / 'package.json').read_text()
    assert {port for port, _ in rows} == {path.parent.name for path in ROOT.glob('ports/*/port.mk')}
    assert set(re.findall('href="(\\w+)_6.3/', page)) == set(ARCHS)


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
    for name in '_wscodec.mpy', '_wsdeflate.mpy':
        built = (tmp_path / arch / name).read_bytes()
        assert built == (DIST / f'{arch}_6.3' / name).read_bytes()


def test_the_sizes_of_the_docs():
    text = (ROOT / 'docs' / 'release.md').read_text()
    said = dict(re.findall(r'^\| (.+) \| ([\d,]+) \|$', text, re.MULTILINE))
    [wheel], [sdist] = DIST.glob('*-py3-none-any.whl'), DIST.glob('*.tar.gz')
    [native] = DIST.glob('*-abi3-*.whl')
    package = json.loads((DIST / 'rp2' / 'package.json').read_text())
    files = {
        'the wheel': [wheel],
        'the wheel with the extension': [native],
        'the sdist': [sdist],
        'what mip copies to a Pico': [DIST / 'rp2' / url for _, url in package['urls']],
        **{f'`{arch}_6.3/_wscodec.mpy`': [DIST / f'{arch}_6.3/_wscodec.mpy'] for arch in ARCHS},
        '`armv6m_6.3/_wsdeflate.mpy`': [DIST / 'armv6m_6.3/_wsdeflate.mpy'],
        '`xtensawin_6.3/_wsdeflate.mpy`': [DIST / 'xtensawin_6.3/_wsdeflate.mpy'],
    }
    assert set(said) == set(files)
    for name, paths in files.items():
        size = sum(path.stat().st_size for path in paths)
        assert abs(size - int(said[name].replace(',', ''))) < 0.05 * size, (name, size)
