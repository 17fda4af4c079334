"""Check what is installed on a board:  check_board.py DEVICE FOLDER

Prints which codec runs there and the memory that is left, and runs the codec's contract on it. The
tests stay on this machine, compiled into FOLDER, which the board mounts.
"""

import shutil
import sys
from pathlib import Path

from remote import Board, BoardError, compile_tests

MODULES = 'test_codec', 'test_mod_wscodec_rules', 'test_mod_wscodec_sending'


def main(device, folder):
    shutil.rmtree(folder, ignore_errors=True)
    compile_tests(folder, ['board_report', *MODULES])
    code = f'import board_report, main; main.main("native", {MODULES})'
    try:
        output = Board(device).mpremote('mount', folder, 'exec', code, timeout=600)
    except BoardError as error:
        sys.exit(f'{error}')
    print(output, end='')
    return 0 if ' 0 failed' in output else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
