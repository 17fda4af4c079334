"""WebSockets for Microdot: its own API, the protocol whole, at the speed of C where it can be.

``codec.IMPL`` tells what decodes the frames: ``'native'`` or ``'python'``.
"""

import gc

# Without garbage of Microdot's import in between, the modules lie together at the heap's start, and
# the smallest heap that works is 10 KB smaller. The same once more at the end.
gc.collect()

from . import websocket  # noqa: E402, F401  first, since a board's stack is short
from .upgrade import websocket_upgrade, websocket_wrapper, with_websocket  # noqa: E402, F401
from .websocket import WebSocket, WebSocketError  # noqa: E402, F401

if False:  # for type checkers alone
    from .cpython.install import install  # noqa: F401

__version__ = '0.1.0'
gc.collect()

if not hasattr(gc, 'mem_free'):
    from . import platform

    platform.start()
else:
    WebSocket.max_incomplete = gc.mem_free() // 2
    if gc.mem_free() > 1000000:
        # Of a megabyte so much is well spent: a third more messages of 1 KiB, many in flight.
        WebSocket.read_buffer_size = 1 << 14
        WebSocket.max_connections = 0
    elif gc.mem_free() > 100000:
        WebSocket.read_buffer_size = 1 << 11  # a message of 1 KiB is one read
