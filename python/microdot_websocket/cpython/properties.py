"""Attributes that are looked up when they are asked for."""


def as_properties(cls, *names):
    """Have properties in the place of ``cls.__getattr__``, which makes all other attributes slow on
    CPython, as properties do on MicroPython."""
    get = cls.__getattr__
    del cls.__getattr__
    for name in names:
        setattr(cls, name, property(lambda self, name=name: get(self, name)))
