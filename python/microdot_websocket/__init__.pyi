from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Mapping,
)
from types import TracebackType
from typing import Any, TypeVar, overload

from microdot import Request
from typing_extensions import Self, TypedDict, Unpack

from . import codec as codec
from ._types import Buffer, Data

__version__: str

_Callback = TypeVar('_Callback', bound=Callable[[WebSocket, int, str], Any])
_Handler = TypeVar('_Handler', bound=Callable[..., Awaitable[Any]])

class WebSocketError(Exception):
    code: int
    reason: str
    status_code: int
    headers: dict[str, str]
    body: bytes
    def __init__(self, reason: str = '', code: int = 1006) -> None: ...

class WebSocket:
    CONT: int
    TEXT: int
    BINARY: int
    CLOSE: int
    PING: int
    PONG: int

    max_message_length: int
    max_fragments: int
    max_incomplete: int
    max_connections: int
    evict_idle: bool
    max_header_size: int
    handshake_timeout: float
    message_timeout: float
    frame_timeout: float
    send_timeout: float
    close_timeout: float
    read_buffer_size: int

    request: Request
    closed: bool

    def __init__(self, request: Request) -> None: ...
    async def handshake(self, upgrade: Callable[..., Any] | None = None) -> None: ...
    async def receive(
        self, timeout: float | None = None, max_message_length: int | None = None
    ) -> str | bytes: ...
    async def receive_json(
        self, timeout: float | None = None, max_message_length: int | None = None
    ) -> Any: ...
    async def send_json(self, data: Any) -> None: ...
    async def receive_into(self, buffer: Buffer, timeout: float | None = None) -> int: ...
    def stream(self, buffer: Buffer) -> AsyncIterator[memoryview]: ...
    async def send(self, data: Data, opcode: int | None = None) -> None: ...
    async def send_stream(self, chunks: Iterable[Data] | AsyncIterable[Data]) -> None: ...
    async def ping(self, data: str | bytes | None = None) -> float: ...
    async def close(self, code: int = 1000, reason: str = '') -> None: ...
    def on_disconnect(self, f: _Callback) -> _Callback: ...
    def __aiter__(self) -> AsyncIterator[str | bytes]: ...
    async def __aenter__(self) -> Self: ...
    def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> Coroutine[Any, Any, None]: ...

    close_code: int | None
    close_reason: str | None

    # What __getattr__ supplies.
    id: int
    buffered_bytes: int
    subprotocol: str | None
    headers: dict[str, str] | None
    @property
    def compression(self) -> bool: ...
    message_type: int | None
    ping_interval: float
    ping_timeout: float

class _Attributes(TypedDict, total=False):
    compression: bool | dict[str, int]
    ping_interval: float
    ping_timeout: float
    max_message_length: int
    max_fragments: int
    max_incomplete: int
    message_timeout: float
    frame_timeout: float
    send_timeout: float
    close_timeout: float
    read_buffer_size: int

class _ClientOptions(_Attributes, total=False):
    sock: Any
    max_redirects: int
    keep_headers: bool
    min_delay: float
    max_delay: float
    on_retry: Callable[[Exception, float], object]

class _Options(_Attributes, total=False):
    subprotocols: Collection[str]
    origins: Collection[str | None]
    headers: Mapping[str, str | list[str]]
    on_disconnect: Callable[[WebSocket, int, str], Any]

@overload
def with_websocket(f: _Handler, **options: Unpack[_Options]) -> _Handler: ...
@overload
def with_websocket(
    f: None = None, **options: Unpack[_Options]
) -> Callable[[_Handler], _Handler]: ...
async def websocket_upgrade(request: Request, **options: Unpack[_Options]) -> WebSocket: ...
def websocket_wrapper(
    f: Callable[..., Awaitable[Any]], function: Callable[[Request], Awaitable[WebSocket]]
) -> Callable[..., Awaitable[Any]]: ...
def install() -> None: ...
