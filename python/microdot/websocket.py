"""The drop-in for boards: staged over Microdot's own ``microdot/websocket.py``."""

from microdot_websocket import (  # noqa: F401
    WebSocket,
    WebSocketError,
    websocket_upgrade,
    websocket_wrapper,
    with_websocket,
)
