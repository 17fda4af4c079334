"""`microdot-websocket` with a board on the desk, in that order: its file system is empty."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from microdot_websocket.cli.chips import identify

COMMAND = sys.executable, '-m', 'microdot_websocket'
PIPES = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, 'text': True}


@pytest.fixture
def tool(board):
    def tool(command, *words):
        """(exit code, what it printed, the line on stderr)."""
        line = [*COMMAND, command, '--device', board.device, *map(str, words)]
        done = subprocess.run(line, timeout=120, **PIPES)
        return done.returncode, done.stdout, done.stderr

    return tool


def test_a_dry_run_changes_nothing(tool, board):
    code, output, _ = tool('install', '--dry-run')
    assert code == 0
    assert 'native codec: armv6m\n' in output
    assert 'would copy   /lib/_wscodec.mpy\n' in output
    assert 'lib' not in board.mpremote('fs', 'ls', ':')


def test_a_pico_has_no_rom_partition(tool):
    code, _, error = tool('install', '--romfs')
    assert code == 1
    assert ': nothing was done: its firmware has no ROM partition: leave out --romfs, ' in error


def test_nothing_is_installed_yet(tool, tmp_path):
    code, _, error = tool('check', '--no-tests')
    assert code == 1
    assert error.endswith(': nothing is installed: microdot-websocket install\n')
    (tmp_path / 'app.py').write_text('import microdot_websocket\n')
    code, _, error = tool('run', tmp_path / 'app.py')
    assert code == 1
    assert error.endswith(': nothing is installed there: microdot-websocket install\n')


def test_a_microdot_in_the_root_would_hide_lib(tool, board, tmp_path):
    (tmp_path / 'microdot.py').write_text('')
    board.mpremote('fs', 'cp', tmp_path / 'microdot.py', ':microdot.py')
    code, _, error = tool('install')
    assert code == 1
    assert ': nothing was done: /microdot.py would be imported instead. ' in error
    code, output, _ = tool('install', '--replace', '--dry-run')
    assert code == 0
    assert 'would remove /microdot.py\n' in output


def test_cut_off_in_the_middle(tool, board):
    line = [*COMMAND, 'install', '--replace', '--device', board.device]
    with subprocess.Popen(line, start_new_session=True, **PIPES) as process:
        for text in process.stdout:
            if text.startswith('9 of '):
                os.killpg(process.pid, signal.SIGINT)
                break
        _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert ': installing again copies the rest)\n' in error
    code, _, error = tool('check', '--no-tests')
    assert code == 1
    assert 'files are missing or of another version: microdot-websocket install' in error


def test_install(tool, board):
    code, output, error = tool('install', '--json')
    assert code == 0, error
    said = json.loads(output)
    assert said['codec'] == 'native' and said['arch'] == 'armv6m'
    assert len(said['copied']) > 30 and said['unchanged'] > 5
    assert 'microdot.py' not in board.mpremote('fs', 'ls', ':')


def test_install_again(tool):
    code, output, _ = tool('install')
    assert code == 0
    assert 'Installed: 0 files copied, ' in output
    assert 'Next: microdot-websocket check' in output


def test_check(tool):
    code, output, error = tool('check', '--no-tests')
    assert code == 0, error
    assert '/lib/microdot_websocket/websocket.mpy\n' in output
    left, total = re.search('codec: native, free memory: (.+) bytes of (.+)', output).groups()
    told = identify('RP2040')[1].left.replace(',', '').split()  # and so in README
    assert abs(int(told[0]) - int(left)) < 0.03 * int(left)
    assert abs(int(told[2]) - int(total)) < 0.03 * int(total)


def ctrl_c(command, board, line, *words):
    """Press it when a command has printed this line; (exit code, what it says of it)."""
    words = [*COMMAND, command, '--device', board.device, *map(str, words)]
    with subprocess.Popen(words, start_new_session=True, **PIPES) as process:
        for text in process.stdout:
            if line in text:
                break
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=60)
    return process.returncode, error


def test_ctrl_c_stops_a_check(board):
    code, error = ctrl_c('check', board, ' codec: native sizes: ')
    assert (code, error) == (130, 'microdot-websocket: stopped\n')
    assert board.mpremote('resume', 'exec', 'print(1 + 1)') == '2\n'


def test_run(tool, tmp_path):
    (tmp_path / 'app.py').write_text(
        'import settings\nfrom microdot_websocket import codec\n'
        'print(__name__, __file__, settings.NAME, codec.IMPL)\n'
    )
    (tmp_path / 'settings.py').write_text('NAME = "a name"\n')
    code, output, error = tool('run', tmp_path / 'app.py')
    assert (code, error) == (0, '')
    assert output == '__main__ app.py a name native\n'


def test_a_traceback_names_the_file(tool, tmp_path):
    (tmp_path / 'app.py').write_text('def f():\n    1 / 0\n\n\nf()\n')
    code, output, error = tool('run', tmp_path / 'app.py')
    assert (code, error) == (1, '')
    assert 'File "app.py", line 2, in f\n' in output


RUNS = 'import time\nprint("up")\nwhile True:\n    time.sleep(1)\n'
# The board waits for this machine's answers nearly all the time.
IMPORTS = 'import sys\nprint("up")\nwhile True:\n    import m\n    sys.modules.pop("m")\n'


@pytest.mark.parametrize('app', [RUNS, IMPORTS, IMPORTS], ids=['runs', 'imports', 'imports again'])
def test_ctrl_c_stops_the_program_on_the_board(board, tmp_path, app):
    (tmp_path / 'app.py').write_text(app)
    (tmp_path / 'm.py').write_text('# A module.\n' * 200)
    code, error = ctrl_c('run', board, 'up\n', tmp_path / 'app.py')
    assert error.endswith('microdot-websocket: app.py was stopped on the board\n')
    assert code == 130
    assert board.mpremote('resume', 'exec', 'print(1 + 1)') == '2\n'


def test_a_full_file_system(tool, board):
    fill = (
        "import os; os.remove('/lib/_wscodec.mpy'); s = os.statvfs('/'); "
        "f = open('/big', 'wb'); [f.write(bytes(4096)) for _ in range(s[3] - 3)]; f.close()"
    )
    board.mpremote('exec', fill)
    code, _, error = tool('install')
    board.mpremote('fs', 'rm', ':/big')
    assert code == 1
    assert ': nothing was done: this takes ' in error
    assert ' KiB free: remove files' in error


NETWORK = """\
STA_IF = 0


class WLAN:
    def __init__(self, interface):
        self.key = None

    def active(self, on=None):
        return True

    def connect(self, ssid, key):
        self.key = key

    def disconnect(self):
        pass

    def isconnected(self):
        return self.key == 'it\\'s "odd"'

    def ifconfig(self):
        return ('192.168.4.7',)
"""


def wifi(board, password, *words):
    line = [*COMMAND, 'wifi', '--device', board.device, *words]
    done = subprocess.run(line, timeout=120, input=password + '\n', **PIPES)
    return done.returncode, done.stdout, done.stderr


def test_a_pico_has_no_wifi(board):
    code, _, error = wifi(board, 'secret 123', 'home')
    assert code == 1
    assert ': this board has no Wi-Fi, or its firmware none ' in error


def test_wifi(board, tmp_path):
    """With a module `network` of this test's."""
    (tmp_path / 'network.py').write_text(NETWORK)
    board.mpremote('fs', 'cp', tmp_path / 'network.py', ':network.py')
    code, output, error = wifi(board, 'it\'s "odd"', 'home')
    assert code == 0, error
    assert 'the address of the board is 192.168.4.7\n' in output
    board.mpremote('fs', 'cp', tmp_path / 'network.py', ':boot.py')
    code, _, error = wifi(board, 'it\'s "odd"', 'home')
    assert code == 1
    assert '/boot.py is your own' in error
    board.mpremote('fs', 'rm', ':boot.py', ':network.py')
