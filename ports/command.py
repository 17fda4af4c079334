"""How the scripts in this folder begin and end: what a user can mend is one line, no traceback."""

import argparse
import subprocess
import sys
from pathlib import Path

INTERRUPTED = 130  # as shells have it


def parser(doc):
    """Of a script, whose docstring begins with a line on what it does:  and how it is called."""
    name = Path(sys.argv[0]).stem
    return argparse.ArgumentParser(name, description=doc.partition(':  ')[0] + '.')


def run(function, parser):
    """Call the function with the arguments, by their names, and end the script."""
    try:
        sys.exit(function(**vars(parser.parse_args())))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except subprocess.CalledProcessError as error:
        sys.exit(f'{parser.prog}: {error.cmd[0]} failed')
    except (OSError, ValueError) as error:  # a file that is missing, or no natmod
        sys.exit(f'{parser.prog}: {error}')
