"""The command line of ``microdot-websocket``."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from . import Failed
from .files import FOLDER

COMMANDS = 'install', 'check', 'run', 'serve', 'connect', 'new', 'wifi'
INTERRUPTED = 130  # as shells have it
EXAMPLES = """\
examples:
  microdot-websocket install            put the package onto the board that is plugged in
  microdot-websocket check              see whether it works there
  microdot-websocket run app.py         run an application of this machine on the board
  microdot-websocket serve app.py       run it on this machine
  microdot-websocket new                write a small application to begin with
  microdot-websocket wifi               have the board join a network
  microdot-websocket connect ws://192.168.4.1:5000/echo

`microdot-websocket COMMAND --help` explains one command. Exit codes: 0 done, 1 failed (one line on
stderr says why), 2 wrong arguments, 130 ended with Ctrl-C.
"""


def parser():
    from microdot_websocket import __version__

    top = argparse.ArgumentParser(
        prog='microdot-websocket',
        description='WebSockets for Microdot, on a MicroPython board or on this machine.',
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument('--version', action='version', version=__version__)
    commands = top.add_subparsers(dest='command', metavar='COMMAND', required=True)
    for name in COMMANDS:
        module = importlib.import_module(f'.{name}', __package__)
        summary, _, rest = module.__doc__.partition('\n')
        sub = commands.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=rest.strip('\n'),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return top


def add_device(parser):
    """What the commands for a board have in common."""
    parser.add_argument(
        '-d',
        '--device',
        metavar='PORT',
        help='the serial port of the board, such as /dev/ttyACM0 or COM3, if there are several',
    )


def device_option(args):
    """For the commands that are told next: the device, if it had to be named."""
    return f' --device {args.device}' if args.device else ''


def add_files(parser):
    """What the commands that look at the board files have in common."""
    parser.add_argument(
        '--files',
        metavar='FOLDER',
        type=Path,
        default=FOLDER,
        help='board files in the place of those that came with this command',
    )


def print_json(value):
    print(json.dumps(value, indent=2))


def main(argv=None):
    """Runs a command line; returns its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    # `python -m microdot_websocket app.py` came before there were commands.
    if argv and argv[0] not in COMMANDS and not argv[0].startswith('-'):
        argv = ['serve', *argv]
    args = parser().parse_args(argv)
    try:
        return args.run(args) or 0
    except Failed as error:
        print(f'microdot-websocket: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('microdot-websocket: stopped', file=sys.stderr)
        return INTERRUPTED
