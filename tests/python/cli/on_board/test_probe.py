"""What a board is asked, on MicroPython for this machine."""

import subprocess
import sys

import pytest
from interpreters import ROOT
from microdot_websocket.cli.board import ON_BOARD, answer

PROGRAM = ROOT / 'build' / 'bin' / 'micropython'


def probe(lib, root, before=''):
    done = subprocess.run(
        [PROGRAM, '-c', before + (ON_BOARD / 'probe.py').read_text()],
        env={'MICROPYPATH': f':.frozen:{lib}'},
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return answer(done.stdout, 'board:')


def test_probe(tmp_path):
    lib, root = tmp_path / 'lib', tmp_path / 'root'
    (lib / 'microdot').mkdir(parents=True)
    (lib / 'microdot' / 'microdot.mpy').write_bytes(b'abc')
    (lib / 'others.mpy').write_bytes(b'')
    root.mkdir()
    (root / 'microdot.py').write_text('')
    (root / 'main.py').write_text('')
    said = probe(lib, root)
    assert (said['python'], said['platform']) == ('micropython', 'linux')
    assert said['lib'] == str(lib)
    assert said['block'] > 0 and said['free'] > 0
    assert said['hiding'] == [f'{root}/microdot.py']
    assert said['files'] == {
        str(lib): None,
        f'{lib}/microdot': None,
        f'{lib}/microdot/microdot.mpy': [
            3,
            'ba7816bf8f01cfea',
        ],  # of abc, in FIPS 180
    }


ROM = """\
import sys, vfs


class Vfs:
    VfsRom = vfs.VfsRom
    mount = vfs.mount

    @staticmethod
    def rom_ioctl(command, *number):
        return {device}


sys.modules['vfs'] = Vfs
"""


@pytest.mark.parametrize('device, size', [('bytes(4096)', 4096), ('-19', None)])
def test_a_rom_partition(device, size, tmp_path):
    said = probe(tmp_path / 'lib', tmp_path, ROM.format(device=device))
    assert said['rom'] == (size and [size, []])


def test_what_is_in_the_rom(tmp_path):
    for name in 'lib/microdot/microdot.mpy', 'lib/font.py', 'lib/_wscodec.mpy', 'page.html':
        path = tmp_path / 'tree' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'abc')
    words = 'romfs', '--no-mpy', '-o', tmp_path / 'image', 'build', tmp_path / 'tree'
    subprocess.run([sys.executable, '-m', 'mpremote', *words], check=True, capture_output=True)
    code = ROM.format(device='bytes(4096)')
    code += f"vfs.mount(vfs.VfsRom(open({str(tmp_path / 'image')!r}, 'rb').read()), '/rom')\n"
    code += "sys.path.insert(2, '/rom/lib')\n"
    said = probe(tmp_path / 'lib', tmp_path, code)
    assert sorted(said['rom'][1]) == ['/rom/lib/font.py', '/rom/page.html']
    names = {name for name, there in said['files'].items() if name.startswith('/rom') and there}
    assert names == {'/rom/lib/microdot/microdot.mpy', '/rom/lib/_wscodec.mpy'}


@pytest.mark.parametrize('fault', ['OSError', 'AttributeError'])
def test_no_file_system(fault, tmp_path):
    code = f"""\
import os, sys


class Os:
    listdir, stat, getcwd = os.listdir, os.stat, os.getcwd

    @staticmethod
    def statvfs(path):
        raise {fault}


sys.modules['os'] = Os
"""
    said = probe(tmp_path / 'lib', tmp_path, code)
    assert (said['block'], said['free']) == (0, 0)
