"""``python -m microdot_websocket``: the command ``microdot-websocket``, see ``cli/``."""

import sys

from .cli.command import main

sys.exit(main())
