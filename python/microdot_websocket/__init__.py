"""WebSockets for Microdot: its own API, the protocol whole, at the speed of C where it can be.

``codec.IMPL`` tells what decodes the frames: ``'native'`` or ``'python'``.
"""

import sys

from . import codec
from .upgrade import websocket_upgrade, websocket_wrapper, with_websocket
from .websocket import WebSocket, WebSocketError

__all__ = [
    'WebSocket',
    'WebSocketError',
    'codec',
    'websocket_upgrade',
    'websocket_wrapper',
    'with_websocket',
]
__version__ = '0.1.0'

if sys.implementation.name == 'cpython':
    from .cpython.install import install

    __all__ += ['install']
