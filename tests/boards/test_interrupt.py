"""Ctrl-C wherever a program on the board waits for an answer about what is mounted."""

import errno
import struct

import pytest
from microdot_websocket.cli.interrupt import interrupt
from mpremote.transport_serial import SerialTransport, fs_hook_code

SYNC = b'\x18'
NO_SUCH_FILE = SYNC + struct.pack('<b', -errno.ENOENT)
A_FILE = SYNC + struct.pack('<b5I', 0, 0x8000, 2000, 0, 0, 0)
OPENED = SYNC + b'\0'
TO_READ = NO_SUCH_FILE + A_FILE + OPENED + SYNC  # m, then m.py, which is opened and read

IMPORT = 'import m'
IMPORTS = 'import sys\nwhile True:\n    import m\n    sys.modules.pop("m")'
READ = 'open("m.py").read(2000)'


# The program, and what it has been answered.
WAITS = {
    'to begin': (IMPORTS, b''),
    'a part of a number': (IMPORT, A_FILE[:4]),
    'a length': (IMPORT, TO_READ),
    'a length again': (IMPORTS, TO_READ),
    'a part of a length': (IMPORT, TO_READ + b'\xf9\0'),
    'the rest of a piece': (IMPORT, TO_READ + struct.pack('<I', 249) + b'# ' * 20),
    'the rest of a large one': (READ, OPENED + SYNC + struct.pack('<I', 2000) + b'# ' * 20),
}


@pytest.mark.parametrize('wait', WAITS)
def test_while_it_waits_for(board, wait):
    program, answers = WAITS[wait]
    transport = SerialTransport(board.device, 115200)
    transport.enter_raw_repl()
    transport.exec(fs_hook_code)
    transport.exec('__mount()')
    transport.exec_raw_no_follow(program)
    transport.serial.write(answers)
    transport.read_until(1, SYNC)  # the program is there
    transport.close()
    interrupt(board.device)
    assert board.mpremote('resume', 'exec', 'print(1 + 1)') == '2\n'
