"""What the package is on CPython besides: imported at its end."""

from .. import codec, transport  # noqa: F401
from ..core.twin import Protocol
from ..features import attach_all, test_client  # noqa: F401
from ..upgrade import handshake
from ..websocket import WebSocket
from .install import install
from .properties import as_properties

__all__ = ['install']

WebSocket.read_buffer_size = 1 << 14
WebSocket.max_connections = 0
WebSocket.handshake = handshake
attach_all(WebSocket)
as_properties(Protocol, 'code', 'data', 'locked', 'start', 'sum', 'waiting')
