"""The board on the desk: what it says of itself, and which files fit it."""

import json
from dataclasses import dataclass
from pathlib import Path

from . import Failed, chips, mpremote, natmod_file

ON_BOARD = Path(__file__).with_name('on_board')
OLDEST = 1, 24  # before, an ESP32's garbage collector could take a natmod's data
ABI = '6.3'  # of the board files
DOWNLOAD = 'https://micropython.org/download/'


@dataclass
class Board:
    """See ``on_board/probe.py`` for the units."""

    device: str
    python: str
    platform: str
    machine: str
    mpy: int
    version: list
    network: bool
    wifi: bool
    heap: int
    lib: str
    block: int
    free: int
    hiding: list
    rom: list
    files: dict

    @property
    def arch(self):
        return natmod_file.decode_mpy(self.mpy)[0]

    @property
    def abi(self):
        return natmod_file.decode_mpy(self.mpy)[1]

    @property
    def chip(self):
        """Its name; '' if it is none of those that chips.py knows."""
        return chips.identify(self.machine)[0]

    @property
    def root(self):
        """Where boot.py and main.py stand, with a slash at its end."""
        return self.lib.removesuffix('lib')

    @property
    def firmware(self):
        name = {'micropython': 'MicroPython', 'circuitpython': 'CircuitPython'}
        return name.get(self.python, self.python) + ' ' + '.'.join(map(str, self.version))

    def __str__(self):
        return f'{self.machine}, {self.firmware}, {self.arch}'


def answer(output, key):
    """The JSON behind `key` in what a board printed, None if there is none."""
    for line in output.splitlines():
        if line.startswith(key):
            return json.loads(line[len(key) :])
    return None


def describe(device):
    """The Board at a device."""
    device = mpremote.choose(device)
    said = answer(mpremote.call(device, 'run', ON_BOARD / 'probe.py'), 'board:')
    if said is None:
        raise Failed(f'{device}: what answers there is not MicroPython: see {DOWNLOAD}')
    return Board(device, **said)


def ask(device, in_rom=False):
    """The Board at a device; Failed if no file of ours can run there."""
    board = describe(device)
    reason = reason_against(board, in_rom)
    if reason:
        raise Failed(f'{board.device}: nothing was done: {reason}')
    return board


def reason_against(board, in_rom=False):
    """Why not even the Python codec can run on a board, and what to do; '' if it can."""
    if board.python != 'micropython':
        return f'it runs {board.firmware}: install MicroPython from {DOWNLOAD}'
    if not board.block and not in_rom:
        return f'its {board.firmware} has no file system: see docs/firmware.md'
    if tuple(board.version[:2]) < OLDEST:
        return f'its {board.firmware} is too old: install 1.24 or newer from {DOWNLOAD}'
    _, chip = chips.identify(board.machine)
    if chip.memory and not in_rom:
        return f'it has {chip.memory} (--romfs): see docs/firmware.md'
    if not board.mpy:
        return f'its {board.firmware} was built without support for .mpy files'
    if board.abi.split('.')[0] != ABI.split('.')[0]:
        return (
            f'its {board.firmware} loads .mpy files {board.abi}, and these are {ABI}: '
            'pip install --upgrade microdot-websocket'
        )
    return ''


def choose_natmod(board, archs):
    """(the architecture of the natmod for a board or '', why none)."""
    if board.arch == 'none':
        return '', 'its firmware loads no native code'
    if chips.identify(board.machine)[1].memory:
        return '', 'it has too little memory for native code'
    fitting = [arch for arch in archs if natmod_file.loads(board.arch, arch)]
    if not fitting:
        return '', f'there is no native module for {board.arch}'
    if board.abi != ABI:
        return '', f'its {board.firmware} loads native code of ABI {board.abi}, not {ABI}'
    return max(fitting, key=natmod_file.ARCHS.index), ''
