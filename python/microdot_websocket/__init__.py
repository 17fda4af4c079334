"""WebSockets for Microdot: its own API, the protocol whole, at the speed of C where it can be.

``codec.IMPL`` tells what decodes the frames: ``'native'`` or ``'python'``.
"""

import gc
import sys

# Without garbage of Microdot's import in between, the modules lie together at the heap's start, and
# the smallest heap that works is 10 KB smaller. The same once more at the end.
gc.collect()

from . import codec  # noqa: E402
from .upgrade import websocket_upgrade, websocket_wrapper, with_websocket  # noqa: E402
from .websocket import WebSocket, WebSocketError  # noqa: E402

__all__ = [
    'WebSocket',
    'WebSocketError',
    'codec',
    'websocket_upgrade',
    'websocket_wrapper',
    'with_websocket',
]
__version__ = '0.1.0'
gc.collect()

# Of a megabyte so much is well spent: a third more messages of 1 KiB, where many are in flight.
if sys.implementation.name == 'cpython' or gc.mem_free() >> 20:
    WebSocket.read_buffer_size = 1 << 14

if sys.implementation.name == 'cpython':
    from . import plain_stream  # noqa: F401
    from ._more import attach_all
    from .cpython.install import install

    attach_all(WebSocket)
    __all__ += ['install']
