"""What CPython has for the bytes of a payload. What that does is in ../test_core.py."""

from microdot_websocket import core
from microdot_websocket.cpython import payload


def test_the_twin_uses_it():
    for name in 'unmask', 'unmasked', 'valid_until':
        assert getattr(core, name) is getattr(payload, name)


def test_valid_until():
    text = 'aé€😀'.encode()
    for end in range(len(text) + 1):
        whole = max(n for n in (0, 1, 3, 6, 10) if n <= end)
        assert payload.valid_until(b'\xff' + text, 1, 1 + end) == 1 + whole
    assert payload.valid_until(memoryview(b'abc\xffdef'), 0, 7) == 3
