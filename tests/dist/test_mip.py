"""What mip makes of `dist/`: mpremote's, and MicroPython's own with a server on this machine."""

import http.server
import json
import shutil
import subprocess
import sys
import threading
from functools import partial
from types import SimpleNamespace

import pytest
from interpreters import BUILD, ROOT
from mpremote import mip

DIST = ROOT / 'dist'
INTERPRETER = BUILD / 'bin' / 'micropython'


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


def serve(folder):
    """(server, its address)."""
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f'http://127.0.0.1:{server.server_port}'


@pytest.fixture(scope='module')
def site():
    server, address = serve(DIST)
    yield address
    server.shutdown()


class Folder:
    """A folder as mpremote's mip sees a board's file system."""

    def __init__(self, root):
        self.root = root

    def path(self, name):
        return self.root / name.lstrip('/')

    def exec(self, code):
        pass

    def eval(self, code):
        assert code == 'sys.path'
        return ['', '.frozen', '/lib']

    def fs_exists(self, name):
        return self.path(name).exists()

    def fs_mkdir(self, name):
        self.path(name).mkdir()

    def fs_writefile(self, name, data, progress_callback=None):
        self.path(name).write_bytes(data)


def mpremote_mip(folder, package):
    """{path below /lib: bytes} of what it installs in an empty folder."""
    state = SimpleNamespace(
        transport=Folder(folder), did_action=lambda: None, ensure_raw_repl=lambda: None
    )
    words = {'command': ['install'], 'packages': [package], 'index': None, 'target': None}
    mip.do_mip(state, SimpleNamespace(**words, mpy=None))
    return contents(folder / 'lib')


def contents(lib):
    return {
        path.relative_to(lib).as_posix(): path.read_bytes()
        for path in lib.rglob('*')
        if path.is_file()
    }


def packaged(folder):
    """{path below /lib: bytes} of what a folder's package.json says."""
    package = json.loads((DIST / folder / 'package.json').read_text())
    return {name: (DIST / folder / url).read_bytes() for name, url in package['urls']}


def test_mpremote_without_a_server(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    installed = mpremote_mip(tmp_path, 'dist/rp2/package.json')
    assert installed == packaged('rp2')
    assert installed['_wscodec.mpy'] == (DIST / 'armv6m_6.3' / '_wscodec.mpy').read_bytes()


@pytest.mark.parametrize('port', ['esp32c3', 'python'])
def test_mpremote_with_a_server(tmp_path, site, port):
    assert mpremote_mip(tmp_path, f'{site}/{port}/') == packaged(port)


def test_micropython_with_a_server(tmp_path):
    """Debian's mip knows whole addresses only, as that of MicroPython 1.24."""
    shutil.copytree(DIST, tmp_path / 'dist')
    server, address = serve(tmp_path / 'dist')
    try:
        command = sys.executable, ROOT / 'ports' / 'site.py', tmp_path / 'dist', address
        subprocess.run(command, check=True)
        lib = tmp_path / 'lib'
        code = f'import mip; mip.install("{address}/unix/", target="{lib}")'
        subprocess.run([INTERPRETER, '-c', code], check=True)
    finally:
        server.shutdown()
    assert contents(lib) == packaged('unix')
    code = 'from microdot_websocket import codec; print(codec.IMPL)'
    env = {'MICROPYPATH': f'{lib}:.frozen'}
    done = subprocess.run([INTERPRETER, '-c', code], env=env, capture_output=True, text=True)
    assert done.stdout == 'native\n', done.stderr


@pytest.mark.parametrize(
    'folder, form', [('.', '{ARCH}_{MPY}'), ('mip', '../{MPY_ARCH}_{MPY_VERSION}')]
)
def test_what_is_filled_in_gives_a_file(folder, form):
    package = json.loads((DIST / folder / 'package.json').read_text())
    [natmod] = [url for name, url in package['urls'] if name == '_wscodec.mpy']
    assert natmod == f'{form}/_wscodec.mpy'
    archs = [path.parent.name.split('_') for path in DIST.glob('*/_wscodec.mpy')]
    assert len(archs) == 9
    for arch, abi in archs:
        values = {'ARCH': arch, 'MPY': abi, 'MPY_ARCH': arch, 'MPY_VERSION': abi}
        assert (DIST / folder / natmod.format(**values)).is_file()
