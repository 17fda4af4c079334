"""`install --romfs`: the package as an image in the board's ROM partition, through mpremote."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from . import Failed, mpremote


def check(board, replace):
    """Failed if a board has no ROM partition, or if it holds something else."""
    if not board.rom:
        raise Failed(
            f'{board.device}: nothing was done: its firmware has no ROM partition: leave out '
            '--romfs, or build a firmware with the package in it, see docs/firmware.md'
        )
    _, others = board.rom
    if others and not replace:
        raise Failed(
            f'{board.device}: nothing was done: the ROM partition is written as a whole, and '
            f'{", ".join(others)} would be lost: microdot-websocket install --romfs --replace'
        )


def deploy(board, plan, say):
    """Build the image and write it."""
    with TemporaryDirectory() as folder:
        tree, image = Path(folder, 'tree'), Path(folder, 'image.romfs')
        for path, file in plan.wanted.items():
            there = tree / path.removeprefix('/rom/')
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, there)
        mpremote.call(board.device, 'romfs', '-o', image, 'build', tree)
        size, room = image.stat().st_size, board.rom[0]
        if size > room:
            raise Failed(
                f'{board.device}: nothing was done: the image has {size} bytes and the ROM '
                f'partition {room}: leave out --romfs'
            )
        say(f'writing an image of {size} bytes into the ROM partition, which has {room}')
        cut_off = f'{board.device}: cut off while the ROM partition was written: run this again'
        try:
            mpremote.call(board.device, 'romfs', 'deploy', image)
        except KeyboardInterrupt:
            raise Failed(cut_off)
        except mpremote.BoardFailed as error:
            raise Failed(f'{error} ({cut_off})')
