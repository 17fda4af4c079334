from typing import Any

from typing_extensions import TypeAlias

_Buffer: TypeAlias = bytes | bytearray | memoryview

ABI: int
IMPL: str
Protocol: Any  # what it does is said in core/twin.py

# The natmod's functions take positional arguments only.
def utf8(buf: _Buffer, start: int, end: int, state: int) -> int: ...
