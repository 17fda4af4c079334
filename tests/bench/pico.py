"""A Raspberry Pi Pico in rp2040js that has a folder in its flash, as an installed board has it.

To import over its serial port (`mpremote mount`) takes long, and strews what stays over the heap.
"""

import tempfile
from contextlib import contextmanager
from pathlib import Path

from interpreters import BUILD
from littlefs import LittleFS
from remote import rp2040

# As MicroPython's rp2 port has them (rp2_flash.c, modules/_boot.py).
FLASH, STORAGE, BLOCK = 2 << 20, 1408 << 10, 4096


def flash_image(lib):
    """The bytes of a flash whose file system has a folder as its /lib, and no firmware yet."""
    storage = LittleFS(block_size=BLOCK, block_count=STORAGE // BLOCK, prog_size=256, read_size=32)
    for path in sorted(lib.rglob('*.mpy')):
        name = Path('lib', path.relative_to(lib))
        storage.makedirs(str(name.parent), exist_ok=True)
        with storage.open(str(name), 'wb') as file:
            file.write(path.read_bytes())
    return b'\xff' * (FLASH - STORAGE) + bytes(storage.context.buffer)


@contextmanager
def pico(lib, *options):
    """The Board. The options are those of emulators/rp2040/ emulator.mjs."""
    with tempfile.TemporaryDirectory() as folder:
        flash = Path(folder, 'flash.bin')
        flash.write_bytes(flash_image(lib))
        with rp2040(BUILD / 'emulators' / 'RP2040', '--flash', flash, *options) as board:
            yield board
