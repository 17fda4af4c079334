from collections.abc import AsyncIterator, Collection, Coroutine, Generator, Mapping
from ssl import SSLContext
from types import TracebackType
from typing import Any

from typing_extensions import Unpack

from . import WebSocket, _ClientOptions

class connect(Coroutine[Any, Any, WebSocket]):
    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        subprotocols: Collection[str] = (),
        ssl: SSLContext | bytes | str | bool | None = None,
        **options: Unpack[_ClientOptions],
    ) -> None: ...
    def __await__(self) -> Generator[Any, Any, WebSocket]: ...
    def __aiter__(self) -> AsyncIterator[WebSocket]: ...
    async def __aenter__(self) -> WebSocket: ...
    def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> Coroutine[Any, Any, None]: ...
    def send(self, value: Any) -> Any: ...
    def throw(self, *exc: Any) -> Any: ...
    def close(self) -> None: ...
