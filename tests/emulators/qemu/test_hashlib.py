"""The SHA-1 that is frozen into the firmware of emulated boards."""

import hashlib
import importlib.util
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name('hashlib.py')


def load():
    spec = importlib.util.spec_from_file_location('board_hashlib', SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_against_the_hosts(monkeypatch):
    monkeypatch.setitem(sys.modules, 'uhashlib', hashlib)  # MicroPython's own
    sha1 = load().sha1
    for n in range(200):
        data = bytes(range(n))
        digest = sha1(data[: n // 3])
        digest.update(data[n // 3 :])
        assert digest.digest() == hashlib.sha1(data).digest()
