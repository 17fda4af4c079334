"""put Microdot, this package and the native codec onto a board

Asks the board what it is, looks at the space and at what is there, then copies what differs. To be
used again after an update, or when it was cut off in the middle.

examples:
  microdot-websocket install
  microdot-websocket install --dry-run          only say what would be done
  microdot-websocket install --device COM3
  microdot-websocket install --with asgi,wsgi   more of Microdot than boards usually need
"""

import argparse
import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from . import Failed, files, mpremote
from .board import ask, choose_natmod
from .command import add_device, add_files, device_option, print_json

NATMOD = '_wscodec.mpy'
SLACK = 8192  # bytes of a file system for what it keeps about files


def extras(text):
    names = [name for name in text.split(',') if name]
    unknown = ', '.join(name for name in names if name not in files.OPTIONAL)
    if unknown:
        known = ', '.join(files.OPTIONAL)
        raise argparse.ArgumentTypeError(f'no module {unknown}; there are {known}')
    return names


def add_arguments(parser):
    add_device(parser)
    add_files(parser)
    parser.add_argument('--dry-run', action='store_true', help='change nothing on the board')
    parser.add_argument('--json', action='store_true', help='print what was done as JSON')
    parser.add_argument(
        '--replace',
        action='store_true',
        help='remove files of the same names that would be imported instead',
    )
    parser.add_argument(
        '--with',
        dest='extras',
        metavar='MODULES',
        type=extras,
        default=[],
        help=f'modules of Microdot to copy besides, with commas: {", ".join(files.OPTIONAL)}',
    )


@dataclass
class Plan:
    """What is to be done on a board. All paths are as the board has them."""

    wanted: dict  # {path: file on this machine}
    copy: list  # of these, the paths that are missing there or differ
    stale: list  # of earlier versions
    hiding: list  # what would be imported instead

    @property
    def same(self):
        return len(self.wanted) - len(self.copy)


def digest(path):
    """As on_board/probe.py has it."""
    return [path.stat().st_size, hashlib.sha256(path.read_bytes()).digest()[:8].hex()]


def make_plan(board, modules, natmod):
    """:param natmod: the file, None for the Python codec."""
    wanted = {f'{board.lib}/{name}': path for name, path in modules.items()}
    if natmod:
        wanted[f'{board.lib}/{NATMOD}'] = natmod
    copy = [path for path, file in wanted.items() if not same(board.files.get(path), file)]
    # In this package's folder all is ours; in Microdot's, and beside, only what is imported first.
    own = f'{board.lib}/microdot_websocket/', f'{board.lib}/_wscodec.'
    others = [path for path, there in board.files.items() if there and path not in wanted]
    stale = [path for path in others if path.startswith(own)]
    twins = [path for path in others if path.endswith('.py') and path[:-2] + 'mpy' in wanted]
    hiding = [*board.hiding, *(path for path in twins if path not in stale)]
    return Plan(wanted, copy, stale, hiding)


def same(there, file):
    """Whether a file is on the board as it is here; its size decides where nothing else does."""
    if not there:
        return False
    size, sha256 = digest(file)
    return there[0] == size and there[1] in (sha256, '')


def bytes_needed(board, plan):
    """Bytes that the file system must have free for a plan."""

    def blocks(size):
        return -(-size // board.block) * board.block

    new = sum(blocks(plan.wanted[path].stat().st_size) for path in plan.copy)
    old = [path for path in (*plan.copy, *plan.stale) if path in board.files]
    folders = {path.rpartition('/')[0] for path in plan.copy} - set(board.files)
    made = 2 * board.block * len(folders)
    return max(0, new + made - sum(blocks(board.files[path][0]) for path in old))


def look(device, folder, more=()):
    """(board, plan, notes) of an installation of the board files in a folder."""
    files.complete(folder)
    board = ask(device)
    natmods = files.natmods(folder)
    arch, why = choose_natmod(board, natmods)
    plan = make_plan(board, files.modules(folder, more), natmods.get(arch))
    return board, plan, notes(board, arch, why)


def notes(board, arch, why):
    """What the person should know about this board, line by line."""
    if arch:
        yield f'native codec: {arch}'
    else:
        yield f'Python codec, which is slower: {why}'
    if not board.network:
        yield 'this firmware has no `network` module: a server needs a board with Wi-Fi or Ethernet'


def refuse_what_hides(board, plan):
    names = ', '.join(plan.hiding)
    raise Failed(
        f'{board.device}: nothing was done: {names} would be imported instead. Keep a copy if '
        'it is yours, then let it be removed: microdot-websocket install --replace'
    )


def refuse_for_space(board, needed):
    raise Failed(
        f'{board.device}: nothing was done: this takes {kib(needed)} and the file system has '
        f'{kib(board.free)} free: remove files, see what is there with `mpremote fs tree -s`'
    )


def kib(size):
    return f'{-(-size // 1024)} KiB'


def run(args):
    say = (lambda *words: None) if args.json else print
    board, plan, remarks = look(args.device, args.files, args.extras)
    remarks = list(remarks)
    say(f'{board.device}: {board}')
    for remark in remarks:
        say(remark)
    if plan.hiding and not args.replace:
        refuse_what_hides(board, plan)
    needed = bytes_needed(board, plan)
    if needed and needed + SLACK > board.free:
        refuse_for_space(board, needed + SLACK)
    remove = plan.stale + plan.hiding
    if args.dry_run:
        for path in remove:
            say(f'would remove {path}')
        for path in plan.copy:
            say(f'would copy   {path}')
    elif remove or plan.copy:
        apply(board, plan, remove, say)
    if args.json:
        print_json(
            {
                'device': board.device,
                'machine': board.machine,
                'firmware': board.firmware,
                'arch': board.arch,
                'codec': 'native' if f'{board.lib}/{NATMOD}' in plan.wanted else 'python',
                'notes': remarks,
                'removed': remove,
                'copied': plan.copy,
                'unchanged': plan.same,
                'dry_run': args.dry_run,
            }
        )
    elif args.dry_run:
        say(f'{len(plan.copy)} files to copy, {plan.same} are there already; nothing was done.')
    else:
        say(f'Installed: {len(plan.copy)} files copied, {plan.same} were there already.')
        option = device_option(args)
        say(f'Next: microdot-websocket check{option}, microdot-websocket run{option} app.py')
    return 0


def commands(board, plan, remove):
    """For one run of mpremote, which shows each file before it copies it."""
    folders = {str(parent) for path in plan.copy for parent in PurePosixPath(path).parents}
    inside = {folder for folder in folders if folder.startswith(board.lib)}
    for path in remove:
        yield 'rm', '-r', f':{path}'
    for folder in sorted(inside - set(board.files)):
        yield 'mkdir', f':{folder}'
    for path in plan.copy:
        yield 'cp', '-f', str(plan.wanted[path]), f':{path}'


def apply(board, plan, remove, say):
    words = []
    for command in commands(board, plan, remove):
        words += ['fs', *command, '+']
    progress = Progress(board.lib, len(plan.copy), say)
    try:
        mpremote.call(board.device, *words, show=progress.show)
    except KeyboardInterrupt:
        raise Failed(progress.cut_off('stopped'))
    except mpremote.BoardFailed as error:
        raise Failed(progress.cut_off(error) if error.lost else error)


class Progress:
    """What mpremote prints while it copies, as one short line a file."""

    LINE = re.compile('cp .* :(.+)')

    def __init__(self, lib, count, say):
        self.done = 0
        self._lib = lib
        self._count = count
        self._say = say
        self._rest = ''

    def show(self, piece):
        *lines, self._rest = (self._rest + piece.decode(errors='replace')).split('\n')
        for line in lines:
            copied = self.LINE.match(line.strip())
            if copied:
                self.done += 1
                name = copied[1].replace(self._lib + '/', '', 1)
                self._say(f'{self.done} of {self._count}  {name}')

    def cut_off(self, why):
        return f'{why} (at file {self.done} of {self._count}: installing again copies the rest)'
