"""What is to be done on a board: what it has, compared with what it should have."""

import hashlib
from dataclasses import dataclass

from . import natmod_file

ROM_LIB = '/rom/lib'
IN_ROM = f'{ROM_LIB}/microdot_websocket'  # where the package is in a ROM file system


@dataclass
class Plan:
    """All paths are as the board has them."""

    lib: str  # where to
    wanted: dict  # {path: file on this machine}
    copy: list  # of these, the paths that are missing there or differ
    stale: list  # ours, and in the way or of no more use
    hiding: list  # what would be imported instead

    @property
    def same(self):
        return len(self.wanted) - len(self.copy)

    @property
    def in_rom(self):
        return self.lib == ROM_LIB

    @property
    def command(self):
        """What does it."""
        return 'microdot-websocket install' + (' --romfs' if self.in_rom else '')

    @property
    def codec(self):
        return 'native' if f'{self.lib}/{natmod_file.CODEC}' in self.wanted else 'python'


def digest(path):
    """As on_board/probe.py has it."""
    return [path.stat().st_size, hashlib.sha256(path.read_bytes()).digest()[:8].hex()]


def same(there, file):
    """Whether a file is on the board as it is here; its size decides where nothing else does."""
    if not there:
        return False
    size, sha256 = digest(file)
    return there[0] == size and there[1] in (sha256, '')


def compare(board, lib, modules, natmod):
    """({path: file}, those to copy, other files there) of an installation in a folder."""
    wanted = {f'{lib}/{name}': path for name, path in modules.items()}
    if natmod:
        wanted.update((f'{lib}/{name}', path) for name, path in natmod_file.beside(natmod).items())
    copy = [path for path, file in wanted.items() if not same(board.files.get(path), file)]
    inside = [path for path, there in board.files.items() if there and path.startswith(lib + '/')]
    return wanted, copy, [path for path in inside if path not in wanted]


def is_own(lib, path):
    """Whether it is this package's, and nobody else's."""
    ours = 'microdot_websocket/', '_wscodec.', '_wsdeflate.'
    return path.startswith(tuple(f'{lib}/{name}' for name in ours))


def make_plan(board, modules, natmod):
    """Into the board's file system.

    :param natmod: the codec's file, beside others; None for the Python codec.
    """
    wanted, copy, others = compare(board, board.lib, modules, natmod)
    # In this package's folder all is ours; in Microdot's, and beside, only what is imported first.
    stale = [path for path in others if is_own(board.lib, path)]
    twins = [path for path in others if path.endswith('.py') and path[:-2] + 'mpy' in wanted]
    hiding = [*board.hiding, *(path for path in twins if path not in stale)]
    return Plan(board.lib, wanted, copy, stale, hiding)


def make_rom_plan(board, modules, natmod):
    """Into the ROM partition, all of which is written anew. Boards import from there before /lib,
    so that what was installed in /lib has no more use."""
    wanted, copy, others = compare(board, ROM_LIB, modules, natmod)
    if others:
        copy = list(wanted)
    in_lib = [path for path, there in board.files.items() if there and is_own(board.lib, path)]
    in_lib += [f'{board.lib}/{name}' for name in modules if f'{board.lib}/{name}' in board.files]
    hiding = [path for path in board.hiding if path.rpartition('/')[0] + '/' == board.root]
    return Plan(ROM_LIB, wanted, copy, list(dict.fromkeys(in_lib)), hiding)


def bytes_needed(board, plan):
    """Bytes that the file system must have free for a plan."""

    def blocks(size):
        return -(-size // board.block) * board.block

    new = sum(blocks(plan.wanted[path].stat().st_size) for path in plan.copy)
    old = [path for path in (*plan.copy, *plan.stale) if path in board.files]
    folders = {path.rpartition('/')[0] for path in plan.copy} - set(board.files)
    made = 2 * board.block * len(folders)
    return max(0, new + made - sum(blocks(board.files[path][0]) for path in old))
