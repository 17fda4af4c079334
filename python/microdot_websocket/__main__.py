"""``python -m microdot_websocket app.py``: run an unchanged Microdot application on it."""

import runpy
import sys

from . import codec, install

if len(sys.argv) < 2:
    sys.exit('usage: python -m microdot_websocket app.py [arguments]  (codec: %s)' % codec.IMPL)
install()
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name='__main__')
