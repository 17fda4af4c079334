"""What the package's twin in Python has for ws_core's functions, to be counted beside them."""

from microdot_websocket.core.mask import unmask  # noqa: F401
from microdot_websocket.core.text import utf8  # noqa: F401
