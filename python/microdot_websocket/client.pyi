from collections.abc import Iterable, Mapping
from ssl import SSLContext

from . import WebSocket

async def connect(
    url: str,
    headers: Mapping[str, str] | None = None,
    subprotocols: Iterable[str] = (),
    ssl: SSLContext | None = None,
    *,
    compression: bool | dict[str, int] = False,
    ping_interval: float = 0,
    ping_timeout: float = 20,
    max_message_length: int = -1,
    max_fragments: int = ...,
    frame_timeout: float = 10,
    send_timeout: float = 20,
    close_timeout: float = 2,
    read_buffer_size: int = 2048,
) -> WebSocket: ...
