"""Run test modules on MicroPython:  main.py EXPECTED_IMPL MODULE...

From a board's prompt:  import main; main.main(EXPECTED_IMPL, [MODULE, ...])
Fails unless codec.IMPL is what this run is for. The last line is the count.
"""

import gc
import sys
import unittest

import microdot_websocket
from capacity import SMALL
from microdot_websocket import WebSocket, codec

# What the package imports of itself when it is first needed, and most tests do. Early, or it would
# lie in the middle of the heap.
STAYS = '_closing', '_deadlines', '_more', 'plain_stream'
# And what only some applications use, besides what _more.py names.
OPTIONAL = {
    '_options',
    '_compression',
    '_deflate',
    '_compressed_pieces',
    '_masking',
    'client',
    'group',
}


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
    for new in set(sys.modules) - before:
        if '.' not in new:
            del sys.modules[new]
    forget_options()


def forget_options():
    """What the package imports of itself stays, but not what only some applications use."""
    more = sys.modules.get('microdot_websocket._more')
    attached = more._MODULES if more else {}
    for name in attached:
        if name in WebSocket.__dict__:
            delattr(WebSocket, name)
    for name in set(attached.values()) | OPTIONAL:
        if sys.modules.pop('microdot_websocket.' + name, None):
            delattr(microdot_websocket, name)


def main(expected, modules):
    version = sys.version.split(';')[-1].strip()
    mpy = getattr(sys.implementation, '_mpy', 0)
    sizes = 'small' if SMALL else 'full'
    print('%s _mpy: 0x%x codec: %s sizes: %s' % (version, mpy, codec.IMPL, sizes))
    gc.collect()
    gc.threshold(gc.mem_free() // 2)  # or what lives longer gets strewn over the whole heap
    for name in STAYS:
        __import__('microdot_websocket.' + name)
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
