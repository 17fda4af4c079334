from collections.abc import Callable, Collection
from typing import Any

from . import WebSocket
from ._types import Data
from .topics import Topics

class Relay(Topics):
    client: Any
    plain: tuple[str, ...]
    convert: Callable[[str, bytes], Data | None] | None
    qos: int
    max_waiting: int
    min_delay: float
    max_delay: float
    on_retry: Callable[[Exception | None, float], Any] | None
    connected: bool
    dropped: int
    id: str
    filters: tuple[str, ...]
    def __init__(
        self,
        client: Any,
        name: str,
        plain: Collection[str] = (),
        convert: Callable[[str, bytes], Data | None] | None = None,
        qos: int = 0,
        max_waiting: int = ...,
        min_delay: float = 1,
        max_delay: float = 60,
        on_retry: Callable[[Exception | None, float], Any] | None = None,
        *,
        latest: bool = False,
        drop: str | None = None,
        max_members: int = 0,
        on_leave: Callable[[WebSocket, int | None, str | None], Any] | None = None,
        send_timeout: float = 5,
        max_backlog: int = ...,
    ) -> None: ...
    async def send(self, data: Data, exclude: WebSocket | None = None) -> None: ...
    async def publish(self, topic: str, data: Data, exclude: WebSocket | None = None) -> None: ...
    async def run(self) -> None: ...
    def up(self, connected: bool = True) -> None: ...
    async def receive(self, topic: str | bytes, payload: Any) -> None: ...

class MqttAs:
    client: Any
    def __init__(self, client: Any) -> None: ...

class Aiomqtt:
    client: Any
    def __init__(self, hostname: str, port: int = 1883, **options: Any) -> None: ...
