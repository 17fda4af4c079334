"""Properties in the place of ``__getattr__``."""

import pytest
from microdot_websocket.core.twin import Protocol
from microdot_websocket.cpython.properties import as_properties


def test_it():
    class Kind:
        def __getattr__(self, name):
            return name + '!'

    as_properties(Kind, 'a', 'b')
    assert (Kind().a, Kind().b) == ('a!', 'b!')
    with pytest.raises(AttributeError):
        Kind().c  # noqa: B018


def test_the_twin_has_them():
    assert not hasattr(Protocol, '__getattr__')
    assert Protocol(None, None, 512, 0, 0, 0, 0).locked == 0
