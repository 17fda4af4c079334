"""Pictures of the examples' pages, served by MicroPython:  screenshots.py FOLDER"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / 'mqtt')]
from example import PAGES, running  # noqa: E402
from interpreters import BUILD  # noqa: E402


def main(folder):
    Path(folder).mkdir(exist_ok=True)
    words = BUILD / 'clients' / 'screenshots.mjs', BUILD / 'bin' / 'chromium'
    with TemporaryDirectory() as place, running(PAGES, 'unix', Path(place)) as found:
        subprocess.run(['node', *map(str, words), json.dumps(found), folder], check=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
