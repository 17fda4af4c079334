"""What the package is on CPython besides: imported at its end."""

from .. import codec, transport  # noqa: F401
from ..features import attach_all, test_client  # noqa: F401
from ..upgrade import handshake
from ..websocket import WebSocket
from .install import install

__all__ = ['install']

WebSocket.read_buffer_size = 1 << 14
WebSocket.max_connections = 0
WebSocket.handshake = handshake
attach_all(WebSocket)
