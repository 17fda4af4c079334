"""What a user types with a board on the desk, in that order: its file system is empty at first."""

import functools
import http.server
import subprocess
import sys
import threading

import pytest
from interpreters import BUILD, ROOT


@pytest.fixture
def make(board):
    def make(*words):
        """(exit code, output) of make."""
        done = subprocess.run(
            ['make', '-s', *words, f'DEVICE={board.device}'],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        return done.returncode, done.stdout

    return make


def test_nothing_is_copied_to_a_board_of_another_port(make, board):
    code, output = make('install', 'PORT=rp2350')
    assert code
    assert ': nothing was done: it loads armv6m, and what was asked for is armv7emsp, ' in output
    assert 'lib' not in board.mpremote('fs', 'ls', ':')


def test_mount(make, board, tmp_path):
    """An application and all that it needs, from this machine."""
    app = tmp_path / 'app.py'
    app.write_text(
        'import microdot_websocket, settings\n'
        'from microdot.websocket import WebSocket\n'
        'from microdot_websocket import codec\n'
        'assert WebSocket is microdot_websocket.WebSocket\n'
        'print(__name__, settings.NAME, codec.IMPL)\n'
    )
    (tmp_path / 'settings.py').write_text('NAME = "a name"\n')
    code, output = make('mount', f'APP={app}')
    assert code == 0, output
    assert '__main__ a name native' in output
    assert 'lib' not in board.mpremote('fs', 'ls', ':')


def test_nothing_is_installed_yet(make):
    code, output = make('check-board')
    assert code
    assert ': nothing is installed: ' in output


def test_install(make):
    code, output = make('install', 'PORT=rp2')
    assert code == 0, output
    assert 'ARCH=armv6m' in output
    assert 'Installed: ' in output


def test_check_board(make):
    code, output = make('check-board')
    assert code == 0, output
    assert 'codec: native, free memory: ' in output
    assert ' passed, 0 failed, 0 skipped' in output


def test_check_board_finds_what_hides_the_drop_in(make, board, tmp_path):
    (tmp_path / 'websocket.py').write_text('class WebSocket: pass\n')
    board.mpremote('fs', 'cp', tmp_path / 'websocket.py', ':lib/microdot/websocket.py')
    code, output = make('check-board')
    board.mpremote('fs', 'rm', ':lib/microdot/websocket.py')
    assert code
    assert '/lib/microdot/websocket.py would be imported instead' in output


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def dist(tmp_path):
    """The address of a web server for what `make dist` lays out."""
    command = sys.executable, ROOT / 'ports' / 'dist.py', tmp_path, BUILD / 'natmod', 'rp2:armv6m'
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


def test_mip(board, dist):
    output = board.mpremote('mip', 'install', '--target=/mip', f'{dist}/rp2', timeout=300)
    assert 'Done' in output
    code = (
        "import sys; sys.path.insert(0, '/mip'); "
        'import _wscodec, microdot.websocket; from microdot_websocket import codec; '
        'print(_wscodec.__file__, microdot.websocket.__file__, codec.IMPL)'
    )
    output = board.mpremote('exec', code)
    assert output.split() == ['/mip/_wscodec.mpy', '/mip/microdot/websocket.mpy', 'native']
