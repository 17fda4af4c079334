from collections.abc import Collection, Mapping
from ssl import SSLContext

from typing_extensions import Unpack

from . import WebSocket, _ClientOptions

async def connect(
    url: str,
    headers: Mapping[str, str] | None = None,
    subprotocols: Collection[str] = (),
    ssl: SSLContext | None = None,
    **options: Unpack[_ClientOptions],
) -> WebSocket: ...
