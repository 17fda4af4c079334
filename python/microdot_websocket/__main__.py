"""``python -m microdot_websocket app.py``: run an unchanged Microdot application on it."""

import os
import runpy
import sys

from microdot import Microdot

from . import codec, install
from .server import run

if len(sys.argv) < 2:
    sys.exit('usage: python -m microdot_websocket app.py [arguments]  (codec: %s)' % codec.IMPL)
install()
del sys.argv[0]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))  # as `python app.py` has it
Microdot.run = run  # whose end is clean
runpy.run_path(sys.argv[0], run_name='__main__')
