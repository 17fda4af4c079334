"""Names of types, for type checkers alone: there is nothing to import when the program runs.

Modules import them under ``if False:``, which costs a board nothing, as an annotation does: it is
not in the ``.mpy``. CPython evaluates annotations: what it does not know there is in quotes.
"""

from typing_extensions import TypeAlias

Buffer: TypeAlias = bytearray | memoryview  # of bytes, writable
Bytes: TypeAlias = bytes | Buffer
Data: TypeAlias = str | Bytes
