"""docs/start/first-page.md, typed word for word by one who sits at a board, as far as it goes
without Wi-Fi: a module `network` stands in for that, and then the server finds no `socket`.

What is printed is what the page shows, but for its numbers. Behind test_cli.py, which has installed
the package: the first file and the last of it are copied anew. Without `check`, which takes a
minute there: rp2 runs it.
"""

import os
import pty
import re
import shlex
import sys
from pathlib import Path

import pytest
from pages import blocks

NETWORK = """\
STA_IF = 0


class WLAN:
    def __init__(self, interface):
        pass

    def active(self, on=None):
        return True

    def connect(self, ssid, key):
        pass

    def disconnect(self):
        pass

    def isconnected(self):
        return True

    def ifconfig(self):
        return ('192.168.4.7',)
"""
# Of what is there: test_cli.py has removed one of them.
REMOVE = """
import os
for folder, name in ('/lib/microdot', '__init__.mpy'), ('/lib', '_wscodec.mpy'):
    if name in os.listdir(folder):
        os.remove(folder + '/' + name)
"""
TYPED = {b'Network: ': b'home\n', b'(none for an open network): ': b'secret 123\n'}
PORT = '/dev/ttyACM0'  # the page's
BLOCKS = [block.text for block in blocks('docs/start/first-page.md')]


def step(command):
    """(the line to type, those that the page shows in the next block), where one begins so."""
    (at,) = [i for i, text in enumerate(BLOCKS) if text.startswith(command)]
    return BLOCKS[at].splitlines()[0], ''.join(BLOCKS[at + 1 : at + 2]).splitlines()


def typed(line, folder, device):
    """What a command prints in a terminal."""
    words = shlex.split(line)
    program = Path(sys.executable).with_name(words.pop(0))
    if program.name == 'mpremote':
        words = ['connect', device, *words]
    elif words[0] != 'new':
        words = [words[0], '--device', device, *words[1:]]
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(folder)
        os.execv(program, [program, *words])
    printed, waiting = b'', dict(TYPED)
    while True:
        try:
            data = os.read(terminal, 1000)
        except OSError:  # it has ended
            break
        printed += data
        for prompt in [prompt for prompt in waiting if prompt in printed]:
            os.write(terminal, waiting.pop(prompt))
    os.close(terminal)
    os.waitpid(pid, 0)
    return printed.decode().replace('\r\n', '\n')


def pattern(shown):
    return re.sub(r'\d+', r'\\d+', re.escape(shown))


@pytest.fixture(scope='module')
def desk(board, tmp_path_factory):
    """The folder in which all is typed."""
    folder = tmp_path_factory.mktemp('desk')
    (folder / 'network.py').write_text(NETWORK)
    board.mpremote('fs', 'cp', folder / 'network.py', ':network.py')
    board.mpremote('exec', REMOVE)
    yield folder
    board.mpremote('fs', 'rm', ':boot.py', ':network.py', ':main.py', ':index.html', ':wifi.py')


@pytest.mark.parametrize('command', ['new', 'wifi', 'install', 'run'])
def test_what_the_page_shows(command, desk, board):
    line, shown = step(f'microdot-websocket {command}')
    folder = desk if command == 'new' else desk / 'echo'
    printed = typed(line, folder, board.device).replace(f' --device {board.device}', '')
    printed = printed.replace(board.device, PORT).splitlines()
    rest = iter(printed)
    for wanted in shown:
        found = any(re.fullmatch(pattern(wanted), other) for other in rest)
        assert found, f'{wanted}\nis not in\n' + '\n'.join(printed)


def test_without_the_computer(desk, board):
    line, _ = step('mpremote cp')
    typed(line, desk / 'echo', board.device)
    assert 'main.py' in board.mpremote('fs', 'ls', ':')
