"""put Microdot, this package and the native codec onto a board

Asks the board what it is, looks at the space and at what is there, then copies what differs. To be
used again after an update, or when it was cut off in the middle.

examples:
  microdot-websocket install
  microdot-websocket install --dry-run          only say what would be done
  microdot-websocket install --device COM3
  microdot-websocket install --with asgi,wsgi   more of Microdot than boards usually need
  microdot-websocket install --romfs            where the firmware has a partition for it

With --romfs an image is written into that partition. The board runs the bytecode where it lies
there, and copies less of it into its RAM: docs/command.md.
"""

import argparse
import re
from pathlib import PurePosixPath

from . import Failed, files, mpremote, romfs
from .board import ask, choose_natmod
from .chips import identify
from .command import add_device, add_files, device_option, print_json
from .plan import IN_ROM, bytes_needed, make_plan, make_rom_plan

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
    parser.add_argument('--romfs', action='store_true', help='into the ROM partition, as a whole')
    parser.add_argument(
        '--with',
        dest='extras',
        metavar='MODULES',
        type=extras,
        default=[],
        help=f'modules of Microdot to copy besides, with commas: {", ".join(files.OPTIONAL)}',
    )


def look(device, folder, more=(), in_rom=None):
    """(board, plan, notes) of an installation of the board files in a folder.

    :param in_rom: whether into the ROM partition; None: wherever it is installed.
    """
    files.complete(folder)
    board = ask(device, in_rom is not False)
    natmods = files.natmods(folder)
    arch, why = choose_natmod(board, natmods)
    if in_rom is None:
        in_rom = IN_ROM in board.files
    make = make_rom_plan if in_rom else make_plan
    plan = make(board, files.modules(folder, more), natmods.get(arch))
    return board, plan, notes(board, arch, why)


def notes(board, arch, why):
    """What the person should know about this board, line by line."""
    if arch:
        yield f'native codec: {arch}'
    else:
        yield f'Python codec, which is slower: {why}'
    if not board.network:
        _, chip = identify(board.machine)
        reason = f' ({chip.network})' if chip.network else ''
        yield f'no network: a server needs a board with Wi-Fi or Ethernet{reason}'


def refuse_what_hides(board, plan):
    if IN_ROM in plan.hiding:
        raise Failed(
            f'{board.device}: nothing was done: what is in the ROM partition would be imported '
            'instead: microdot-websocket install --romfs brings that up to date'
        )
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


def check(board, plan, args):
    """Failed unless all of a plan can be done."""
    if args.romfs:
        romfs.check(board, args.replace)
    if plan.hiding and (not args.replace or IN_ROM in plan.hiding):
        refuse_what_hides(board, plan)
    needed = 0 if args.romfs else bytes_needed(board, plan)
    if needed and needed + SLACK > board.free:
        refuse_for_space(board, needed + SLACK)


def run(args):
    say = (lambda *words: None) if args.json else print
    board, plan, remarks = look(args.device, args.files, args.extras, args.romfs)
    remarks = list(remarks)
    say(f'{board.device}: {board}')
    for remark in remarks:
        say(remark)
    check(board, plan, args)
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
                'chip': board.chip,
                'firmware': board.firmware,
                'arch': board.arch,
                'codec': plan.codec,
                'lib': plan.lib,
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
    copy = [] if plan.in_rom else plan.copy
    folders = {str(parent) for path in copy for parent in PurePosixPath(path).parents}
    inside = {folder for folder in folders if folder.startswith(board.lib)}
    for path in remove:
        yield 'rm', '-r', f':{path}'
    for folder in sorted(inside - set(board.files)):
        yield 'mkdir', f':{folder}'
    for path in copy:
        yield 'cp', '-f', str(plan.wanted[path]), f':{path}'


def apply(board, plan, remove, say):
    if plan.in_rom and plan.copy:
        romfs.deploy(board, plan, say)
    words = []
    for command in commands(board, plan, remove):
        words += ['fs', *command, '+']
    if not words:
        return
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
