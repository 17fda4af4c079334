"""tools/machine.py: what is in the way of the demo on machines that are not this one."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))
import machine  # noqa: E402

PC = 'Linux', 'x86_64'


def obstacle(here=PC, folder='/home/me/ws', python=(3, 11), codec='native', own=False):
    return machine.obstacle(here, folder, python, codec, own)


def test_nothing_is_in_the_way():
    assert obstacle() == ''
    assert obstacle(('Linux', 'aarch64'), codec='python') == ''
    assert obstacle(('Linux', 'riscv64'), own=True) == ''


@pytest.mark.parametrize(
    'facts, said',
    [
        ({'here': ('Darwin', 'arm64')}, 'needs Linux, and this is Darwin: install the wheel'),
        ({'here': ('Linux', 'aarch64')}, 'loads no native modules on aarch64: CODEC=python'),
        ({'here': ('Linux', 'armv7l')}, 'no interpreter for armv7l is at hand: pass MICROPYTHON='),
        ({'folder': '/home/me/my folder'}, 'no space in a path: move this folder to another'),
        ({'codec': 'c'}, 'CODEC=c is not a codec; type CODEC=native or CODEC=python'),
        ({'python': (3, 8)}, 'Python 3.8 is too old: pass PYTHON='),
    ],
)
def test_one_line_says_what_to_do(facts, said):
    assert said in obstacle(**facts)
    assert '\n' not in obstacle(**facts)


@pytest.fixture
def apt(monkeypatch, tmp_path):
    """Sets what apt says of its archive's address and its proxy."""

    def apt(uri, proxy=''):
        lines = f"'{uri}/dists/bookworm/main/binary-amd64/Packages.xz' name 0 \n"
        said = {'apt-get': lines, 'apt-config': proxy}
        monkeypatch.setattr(machine.debian, 'run', lambda command, *words: said[command])

    monkeypatch.setattr(machine.shutil, 'which', lambda name: name)
    return apt


def test_no_network(apt):
    apt('http://127.0.0.1:1/debian')
    said = machine.archive_obstacle('trixie')
    assert said.startswith('no network, http://127.0.0.1:1/debian does not answer (')
    apt('http://127.0.0.1:1/debian', "proxy='http://proxy.example'")
    assert machine.archive_obstacle('trixie') == ''
    apt('file:///srv/debian')
    assert machine.archive_obstacle('trixie') == ''


@pytest.mark.parametrize(
    'code, said', [(404, 'has no Debian trixie: pass MICROPYTHON='), (403, '')]
)
def test_an_archive_of_another_system(apt, monkeypatch, code, said):
    def urlopen(request, timeout):
        raise machine.urllib.error.HTTPError(request.full_url, code, '', {}, None)

    monkeypatch.setattr(machine.urllib.request, 'urlopen', urlopen)
    apt('http://archive.ubuntu.example/ubuntu')
    assert said in machine.archive_obstacle('trixie')
    assert bool(said) == bool(machine.archive_obstacle('trixie'))


def test_no_apt(monkeypatch):
    monkeypatch.setattr(machine.shutil, 'which', lambda name: None)
    assert machine.archive_obstacle('trixie').startswith('this is no Debian system: pass MICRO')


def test_what_will_be_set_up(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine, 'archive_obstacle', lambda suite: '')
    monkeypatch.setattr(machine.platform, 'system', lambda: 'Linux')
    monkeypatch.setattr(machine.platform, 'machine', lambda: 'x86_64')
    (tmp_path / 'build/debian/micropython').mkdir(parents=True)
    assert machine.main(['--suite', 'trixie']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'setup: build/venv, Python packages: about a minute'
    assert len(lines) == 3
    assert machine.main(['--suite', 'trixie', '--codec', 'python']) == 0
    assert capsys.readouterr().out.splitlines() == lines[:1]
    monkeypatch.setattr(machine.platform, 'machine', lambda: 'aarch64')
    assert machine.main(['--suite', 'trixie']) == 1
    output = capsys.readouterr()
    assert output.out == '' and output.err.startswith('make: MicroPython loads no native modules')
