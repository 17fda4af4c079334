from collections.abc import Callable
from typing import Any

from . import WebSocket
from ._types import Data
from .group import Group

class Topics(Group):
    latest: bool
    drop: str
    max_members: int
    on_leave: Callable[[WebSocket, int | None, str | None], Any] | None
    def __init__(
        self,
        latest: bool = False,
        drop: str | None = None,
        max_members: int = 0,
        on_leave: Callable[[WebSocket, int | None, str | None], Any] | None = None,
        *,
        send_timeout: float = 5,
        max_backlog: int = ...,
    ) -> None: ...
    def subscribe(self, observer: Any, topic: str) -> None: ...
    def unsubscribe(self, observer: Any, topic: str) -> None: ...
    async def publish(self, topic: str, data: Data, exclude: WebSocket | None = None) -> None: ...
    async def close(self, code: int = 1001, reason: str = '') -> None: ...
