"""Ctrl-C for a program on a board, which goes on when mpremote has ended.

A program that reads what mpremote has mounted hears no Ctrl-C meanwhile: it takes each byte for a
part of an answer (class RemoteCommand in mpremote's transport_serial.py). It waits for

- the byte with which an answer begins, SYNC. Any 30 bytes do, too;
- a number. Without a byte it gives up after a second, by an exception. The number may be a length,
  and with one that is larger than its buffer it waits for ever. So ZEROS are behind each byte that
  is sent, and make a small number of it;
- the rest of a piece of a file. It never gives up, and gets zeros until it has enough.

What comes between two SYNC, with 16 of those zeros, is less than 30 bytes.
"""

import time

from . import Failed
from .mpremote import PROMPT, UNPLUGGED, call

ZEROS = bytes(4)
CTRL_C, RAW_REPL, SYNC = b'\x03\0\0\0', b'\x01\0\0\0', b'\x18'
TRIES = 8
_LISTEN = 0.3  # seconds
_FILLS = 16 * [bytes(16)] + 8 * [bytes(1024)]  # MicroPython's import asks for 249 bytes at once
_LIMIT = 1 << 16  # bytes


def interrupt(device):
    """End the program on a board, and reset the board."""
    import serial

    options = {'baudrate': 115200, 'timeout': _LISTEN, 'write_timeout': 1}
    try:
        with serial.serial_for_url(device, **options) as port:
            _reach_prompt(port)
    except serial.SerialTimeoutException:
        pass  # the board takes no bytes: mpremote says so
    except OSError:
        raise Failed(f'{device}: {UNPLUGGED}')
    call(device, 'soft-reset', timeout=20)


def _reach_prompt(port):
    said = b''
    for attempt in range(TRIES):
        port.write(ZEROS + CTRL_C + RAW_REPL)
        said += port.read(_LIMIT)
        if PROMPT in said:
            break
        port.write(SYNC)
        said += port.read(_LIMIT) or (b'' if attempt else _fill(port))
        time.sleep(1 + 0.3 * attempt)  # until the board gives up: a busy machine is slow


def _fill(port):
    """What the board says when it has had enough."""
    for fill in _FILLS:
        port.write(fill)
        said = port.read(_LIMIT)
        if said:
            return said
    return b''
