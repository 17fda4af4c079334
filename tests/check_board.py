"""Compile the tests that a board runs for `microdot-websocket check`:  check_board.py FOLDER"""

import shutil
import sys
from pathlib import Path

from microdot_websocket.cli.check import TESTS
from remote import compile_tests


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    compile_tests(folder, TESTS)


if __name__ == '__main__':
    main(Path(sys.argv[1]))
