from collections.abc import Callable
from typing import Any

from . import WebSocket

def trace(ws: WebSocket, write: Callable[[str], Any] = ...) -> None: ...
