"""Runs on a board: imports the package as an application does, prints one line of JSON about it."""

import gc
import json
import sys


def place(name):
    return getattr(sys.modules[name], '__file__', None)


gc.collect()
before = gc.mem_free()
import microdot.websocket  # noqa: E402
import microdot_websocket  # noqa: E402
from microdot_websocket import codec  # noqa: E402

gc.collect()
after = gc.mem_free()
print(
    'report:',
    json.dumps(
        {
            'codec': codec.IMPL,
            'free_before': before,
            'free_after': after,
            'drop_in': microdot.websocket.WebSocket is microdot_websocket.WebSocket,
            'modules': {
                name: place(name)
                for name in sys.modules
                if name.split('.')[0] in ('microdot', 'microdot_websocket', '_wscodec')
            },
        }
    ),
)
