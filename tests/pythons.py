"""The CPythons of this machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

OLDEST = 3, 9  # requires-python


def pythons():
    """{version: program} of each CPython on PATH, or of pyenv, that can make an environment."""
    names = [f'python3.{minor}' for minor in range(OLDEST[1], 30)]
    versions = Path(os.environ.get('PYENV_ROOT', Path.home() / '.pyenv'), 'versions')
    programs = [*map(shutil.which, ['python3', *names]), *versions.glob('*/bin/python3')]
    code = 'import sys, ensurepip; print(sys.implementation.name, *sys.version_info[:2])'
    found = {}
    for program in filter(None, programs):
        done = subprocess.run([program, '-c', code], capture_output=True, text=True)
        version = re.fullmatch(r'cpython (\d+) (\d+)\n', done.stdout)
        if version and tuple(map(int, version.groups())) >= OLDEST:
            found[tuple(map(int, version.groups()))] = program
    return found
