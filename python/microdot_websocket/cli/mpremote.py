"""mpremote, as a program of its own: what it is told, and its errors in one line each."""

import os
import re
import subprocess
import sys
import threading

from . import Failed

COMMAND = sys.executable, '-m', 'mpremote'
PROMPT = b'raw REPL; CTRL-B to exit\r\n>'
UNPLUGGED = 'the board was unplugged or reset in the middle: run the same command again'

# What mpremote says, and what it means to the person with the board.
CAUSES = (
    (
        'No module named mpremote',
        'mpremote is missing: pip install mpremote',
    ),
    (
        'could not enter raw repl|timeout waiting for',
        '{device}: the board does not answer: press its reset button, or unplug it and plug it in '
        'again. If its main.py restarts it again and again, flash MicroPython anew',
    ),
    (
        r'Errno 28\b|ENOSPC|No space left',
        '{device}: the file system of the board is full: remove files, see what is there with '
        '`mpremote fs tree -s`',
    ),
    (
        r'Errno 30\b|EROFS|Read-only file system',
        '{device}: the file system of the board is read-only',
    ),
    (
        'MemoryError|memory allocation failed',
        '{device}: the board has too little free memory',
    ),
    (
        r'SerialException|OSError: \[Errno (5|6|9)\]|socket disconnected|Broken pipe'
        '|ClearCommError|PermissionError|device disconnected|ConnectionResetError',
        '{device}: ' + UNPLUGGED,
    ),
)


def devices():
    """[(device, description)] of the serial ports at USB that there are."""
    found = []
    for line in _start('connect', 'list').communicate()[0].decode(errors='replace').splitlines():
        # device, serial number, vid:pid, manufacturer, product
        match = re.match(r'(\S+) (\S+) ([0-9a-f]{4}:[0-9a-f]{4}) (.*)', line)
        if match and match[3] != '0000:0000':
            words = match[4].replace('None', '').split()
            found.append((match[1], ' '.join(words) or match[3]))
    return found


def choose(device):
    """The device that was named, or the only one that there is."""
    if device:
        return device
    found = devices()
    if not found:
        raise Failed(
            'no board found: plug it in, with a USB cable that carries data too. A new board needs '
            'MicroPython first: https://micropython.org/download/'
        )
    if len(found) > 1:
        names = ', '.join(f'{name} ({text})' for name, text in found)
        raise Failed(f'several boards: name one with --device: {names}')
    return found[0][0]


def _start(*words):
    # UTF-8 on Windows too; unbuffered, lest progress come all at once.
    env = {**os.environ, 'PYTHONUNBUFFERED': '1', 'PYTHONIOENCODING': 'utf-8'}
    return subprocess.Popen(
        [*COMMAND, *map(str, words)],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def call(device, *words, timeout=60, show=None):
    """What mpremote prints when it is told `words`; Failed, with the cause, if it fails.

    :param timeout: seconds without a word from it, after which it is ended.
    :param show: called with each piece of bytes as it comes.
    """
    process = _start('connect', device, *words)
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()), daemon=True)
    reader.start()
    late = threading.Event()
    output = b''
    try:
        while True:
            watch = threading.Timer(timeout, lambda: (late.set(), process.kill()))  # type: ignore[func-returns-value]
            watch.daemon = True
            if timeout:
                watch.start()
            piece = os.read(process.stdout.fileno(), 4096)
            watch.cancel()
            if not piece:
                break
            output += piece
            if show:
                show(piece)
        process.wait()
        reader.join()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    text = output.decode(errors='replace')
    said = errors[0].decode(errors='replace') if errors else ''
    if late.is_set():
        raise Failed(f'{device}: no answer for {timeout} s: {UNPLUGGED}')
    if process.returncode:
        raise BoardFailed(explain(device, said or text), text, bool(said))
    return text


class BoardFailed(Failed):
    """``output`` is what the board printed; ``lost``, whether mpremote failed and not the code that
    the board ran."""

    def __init__(self, message, output, lost):
        super().__init__(message)
        self.output = output
        self.lost = lost


def explain(device, said):
    """In one line, why mpremote failed, from what it said."""
    if 'failed to access' in said:
        return inaccessible(device)
    for pattern, cause in CAUSES:
        if re.search(pattern, said):
            return cause.format(device=device)
    lines = said.strip().splitlines() or ['mpremote failed and did not say why']
    return f'{device}: {lines[-1].removeprefix("mpremote: ")}'


def inaccessible(device):
    """Why a serial port could not be opened."""
    if '://' in device:
        return f'{device}: nothing answers there'
    if os.name == 'posix':
        if not os.path.exists(device):
            return f'{device}: there is no such port; `mpremote connect list` names those there are'
        if not os.access(device, os.R_OK | os.W_OK):
            return (
                f'{device}: you may not use this port: sudo usermod -a -G dialout $USER, then log '
                'out and in again'
            )
        return f'{device}: in use by another program: close it (Thonny, a serial monitor, mpremote)'
    return (
        f'{device}: no such port, or in use by another program (Thonny, a serial monitor, '
        'mpremote): `mpremote connect list` names the ports there are'
    )
