"""Run test modules on MicroPython:  main.py EXPECTED_IMPL MODULE...

From a board's prompt:  import main; main.main(EXPECTED_IMPL, [MODULE, ...])
Fails unless codec.IMPL is what this run is for. The last line is the count.
"""

import gc
import sys
import unittest

from capacity import SMALL
from microdot_websocket import WebSocket, codec, features


def run_module(name, results):
    """Run the test classes of one module; then forget it and the helpers that it imported, since
    a board cannot hold all of them."""
    gc.collect()
    before = set(sys.modules)
    module = __import__(name)
    for attr in sorted(dir(module)):
        item = getattr(module, attr)
        if isinstance(item, type) and issubclass(item, unittest.TestCase):
            if not attr.startswith('_') and item is not unittest.TestCase:
                gc.collect()
                unittest.run_class(item, results)
    forget_features()
    for new in set(sys.modules) - before:
        forget(new)


def forget_features():
    """Methods of WebSocket that were used: they would hold their modules."""
    for method in features.MODULES:
        if method in WebSocket.__dict__:
            delattr(WebSocket, method)


def forget(name):
    """Forget a test module, a helper, or a module of the package that few applications use."""
    parent, _, last = name.rpartition('.')
    if not parent:
        del sys.modules[name]
    elif parent.startswith('microdot_websocket'):
        del sys.modules[name]
        if hasattr(sys.modules.get(parent), last):
            delattr(sys.modules[parent], last)


def main(expected, modules):
    version = sys.version.split(';')[-1].strip()
    mpy = getattr(sys.implementation, '_mpy', 0)
    sizes = 'small' if SMALL else 'full'
    print('%s _mpy: 0x%x codec: %s sizes: %s' % (version, mpy, codec.IMPL, sizes))
    gc.collect()
    gc.threshold(gc.mem_free() // 2)  # or what lives longer gets strewn over the whole heap
    results = {'passed': 0, 'failed': 0}
    if codec.IMPL != expected:
        print('FAILED this run is for the %s codec, but codec.IMPL is %s' % (expected, codec.IMPL))
        results['failed'] += 1
        modules = []
    for name in modules:
        run_module(name, results)
    print('%(passed)d passed, %(failed)d failed, 0 skipped' % results)
    return 1 if results['failed'] or not results['passed'] else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2:]))
