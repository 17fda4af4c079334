"""What the package's twin in Python has for ws_core's functions, to be counted beside them."""

from microdot_websocket.core import unmask, utf8  # noqa: F401
