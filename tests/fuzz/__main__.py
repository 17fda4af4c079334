"""Run the fuzzers, one after the other:  python -m fuzz SECONDS SEED [FUZZER...]

They share the time; without one ('') each makes a short run that is the same each time. One line
for each, and more for what it found; the exit code is 1 if any did.
"""

import random
import re
import subprocess
import sys

from .budget import FINDINGS, FOLDER, Finding
from .one import FUZZERS


def run(name, seconds, seed):
    """Run a fuzzer in a process of its own, which what it finds may end; whether all is well."""
    code = subprocess.run([sys.executable, '-m', 'fuzz.one', name, seconds, seed]).returncode
    if code < 0:
        file = (FOLDER / f'{name}.last').rename(FINDINGS / f'{name}.txt')
        again = f'make fuzz FUZZERS={name} SEED={seed}'
        print(f'{name:11} FOUND\n{Finding(f"it died of signal {-code}", file, again)}', flush=True)
    return code == 0


def main(seconds, seed, *names):
    unknown = [name for name in names if name not in FUZZERS]
    if unknown:
        sys.exit(f'no fuzzer {", ".join(unknown)}: FUZZERS is some of {", ".join(FUZZERS)}')
    if not re.fullmatch(r'(\d+(\.\d+)?)?', seconds):
        sys.exit(f'SECONDS={seconds} is no number: type for example SECONDS=60')
    if not re.fullmatch(r'\d*', seed):
        sys.exit(f'SEED={seed} is no number: it is one that an earlier run has printed')
    names = names or tuple(FUZZERS)
    if seconds:
        seconds = str(float(seconds) / len(names))
        seed = seed or str(random.randrange(2**20))
        print(f'fuzz: {float(seconds):.0f} s each; SEED={seed}', flush=True)
    return 0 if all([run(name, seconds, seed or '1') for name in names]) else 1


if __name__ == '__main__':
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
