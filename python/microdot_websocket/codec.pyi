from typing import Any

from ._types import Bytes

ABI: int
IMPL: str
Protocol: Any  # what it does is said in core/twin.py

# The natmod's functions take positional arguments only.
def utf8(buf: Bytes, start: int, end: int, state: int) -> int: ...
