"""Attributes that are looked up when they are asked for."""

from ..features import get

if False:  # for type checkers alone
    from typing import Any


class Computed:
    """An attribute that ``features.get()`` computes, as long as the object has none of its own."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, ws: 'Any', cls: type) -> 'Any':
        return self if ws is None else get(ws, self._name)


def as_properties(cls: 'Any', *names: str) -> None:
    """Have properties in the place of ``cls.__getattr__``, which makes all other attributes slow on
    CPython, as properties do on MicroPython."""
    get = cls.__getattr__
    del cls.__getattr__
    for name in names:
        setattr(cls, name, property(lambda self, name=name: get(self, name)))  # type: ignore[misc]
