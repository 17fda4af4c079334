"""Attributes that are looked up when they are asked for."""

if False:  # for type checkers alone
    from typing import Any


def as_properties(cls: 'Any', *names: str) -> None:
    """Have properties in the place of ``cls.__getattr__``, which makes all other attributes slow on
    CPython, as properties do on MicroPython."""
    get = cls.__getattr__
    del cls.__getattr__
    for name in names:
        setattr(cls, name, property(lambda self, name=name: get(self, name)))  # type: ignore[misc]
