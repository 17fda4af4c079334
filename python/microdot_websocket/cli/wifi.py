"""have the board join a Wi-Fi network, now and whenever it starts

Writes boot.py onto the board, and prints the board's address. The password is asked for, or is a
line of stdin: no command line shows it. In boot.py it stands as it is.

examples:
  microdot-websocket wifi                 asks for the network too
  microdot-websocket wifi "My network"
  microdot-websocket wifi "My network" < password.txt
"""

import getpass
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from . import Failed, mpremote
from .board import ON_BOARD, answer, describe
from .command import add_device, device_option
from .new import APPS

MARK = '# Written by `microdot-websocket wifi`, which may write it again.\n'
# mpremote waits ten seconds for a board that starts.
AT_START = "\n\nif __name__ == '__main__':  # at a start\n    join(5)\n"
READ = """\
import json
try:
    print('boot:', json.dumps(open({!r}).read()))
except OSError:
    print('boot: ""')
"""


def add_arguments(parser):
    add_device(parser)
    parser.add_argument('--force', action='store_true', help='replace a boot.py of your own')
    parser.add_argument('ssid', nargs='?', metavar='NETWORK', help='its name (SSID)')


def boot_py(ssid, password):
    """What a board runs when it starts: the wifi.py of `new`, with a network."""
    text = (APPS / 'wifi.py').read_text('utf-8')
    for name, value in ('SSID', ssid), ('PASSWORD', password):
        # In ASCII, whatever the board's terminal and this machine's take for UTF-8.
        text = text.replace(f"\n{name} = ''\n", f'\n{name} = {value!a}\n')
    return MARK + text + AT_START


def is_free(text):
    """Whether a boot.py may be replaced: one of ours, or without any code, as an ESP32 is sold."""
    lines = [line.strip() for line in text.splitlines()]
    return text.startswith(MARK) or all(not line or line.startswith('#') for line in lines)


def ask_for_network(ssid):
    """(name, password) from the user."""
    asked = sys.stdin.isatty()
    try:
        if not ssid:
            if not asked:
                raise Failed('name the network: microdot-websocket wifi NETWORK')
            ssid = input('Network: ')
        line = getpass.getpass('Password (none for an open network): ') if asked else read_line()
    except EOFError:
        raise Failed('nothing was done: there was no password')
    password = line.rstrip('\r\n')
    check(ssid, password)
    return ssid, password


def read_line():
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def check(ssid, password):
    """Failed for what no network has (IEEE 802.11: SSID, and passphrases of WPA)."""
    if not 0 < len(ssid.encode()) <= 32:
        raise Failed('nothing was done: the name of a network has 1 to 32 bytes')
    if password and not 8 <= len(password.encode()) <= 64:
        raise Failed('nothing was done: the password of a network has 8 to 63 characters')


def write(board, path, text, force):
    """Put boot.py onto a board by way of a file: what mpremote is told can be seen by others."""
    there = answer(mpremote.call(board.device, 'exec', READ.format(path)), 'boot:')
    if not force and not is_free(there or ''):
        raise Failed(
            f'{board.device}: nothing was done: {path} is your own. Keep a copy, then: '
            'microdot-websocket wifi --force'
        )
    with TemporaryDirectory() as folder:  # which others cannot look into
        file = Path(folder, 'boot.py')
        file.write_text(text)
        mpremote.call(board.device, 'fs', 'cp', '-f', file, f':{path}')


def run(args):
    board = describe(args.device)
    print(f'{board.device}: {board}')
    if not board.wifi:
        raise Failed(
            f'{board.device}: this board has no Wi-Fi, or its firmware none (a Pico needs to be a '
            'Pico W, with the firmware for it)'
        )
    ssid, password = ask_for_network(args.ssid)
    path = board.root + 'boot.py'
    write(board, path, boot_py(ssid, password), args.force)
    print(f'wrote {path}; joining "{ssid}" ...', flush=True)
    said = answer(mpremote.call(board.device, 'run', ON_BOARD / 'join.py'), 'join:')
    if not said:
        raise Failed(f'{board.device}: it did not say whether it joined: run this again')
    if not said['address']:
        raise Failed(
            f'{board.device}: "{ssid}" was not joined: {said["reason"]}. {path} tries again '
            'at each start; to change it, run this again'
        )
    print(f'Joined: the address of the board is {said["address"]}')
    print(f'Next: microdot-websocket run{device_option(args)} app.py')
    return 0
