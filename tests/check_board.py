"""Check what is installed on a board:  check_board.py FOLDER [DEVICE]

Prints which codec runs there and the memory that is left, and runs the codec's contract on it. The
tests stay on this machine, compiled into FOLDER, which the board mounts. Without DEVICE they are
only compiled, for the wheel to carry.
"""

import shutil
import sys
from pathlib import Path

from microdot_websocket.cli.check import TESTS
from remote import Board, BoardError, compile_tests


def main(folder, device=None):
    shutil.rmtree(folder, ignore_errors=True)
    compile_tests(folder, ['board_report', *TESTS])
    if not device:
        return 0
    code = f'import board_report, main; main.main("native", {TESTS})'
    try:
        output = Board(device).mpremote('mount', folder, 'exec', code, timeout=600)
    except BoardError as error:
        sys.exit(f'{error}')
    print(output, end='')
    return 0 if ' 0 failed' in output else 1


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
