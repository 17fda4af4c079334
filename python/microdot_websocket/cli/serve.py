"""run an application on this machine, with CPython

The application is one for Microdot as it is; Ctrl-C closes its connections and ends it.
`python -m microdot_websocket app.py` does the same.

examples:
  microdot-websocket serve app.py
  microdot-websocket serve app.py arguments of the application
"""

import argparse
import os
import runpy
import sys

from microdot import Microdot

from .. import codec, install
from ..server import run as run_server
from . import Failed


def add_arguments(parser):
    parser.add_argument('app', help=f'a file of Python (codec on this machine: {codec.IMPL})')
    parser.add_argument('arguments', nargs=argparse.REMAINDER, help='what sys.argv shall hold')


def run(args):
    if not os.path.isfile(args.app):
        raise Failed(f'{args.app}: there is no such file')
    install()
    sys.argv = [args.app, *args.arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(args.app))  # as `python app.py` has it
    # Whose end is clean.
    Microdot.run = run_server  # type: ignore[assignment, method-assign]
    runpy.run_path(args.app, run_name='__main__')
