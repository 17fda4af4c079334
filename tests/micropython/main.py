"""Run test modules on MicroPython:  main.py EXPECTED_IMPL MODULE...

Fails unless codec.IMPL is what this run is for. The last line is the count.
"""

import sys
import unittest

from microdot_websocket import codec


def main(expected, modules):
    print(sys.implementation.name, sys.version.split(';')[-1].strip(), 'codec:', codec.IMPL)
    results = {'passed': 0, 'failed': 0}
    if codec.IMPL != expected:
        print('FAILED this run is for the %s codec, but codec.IMPL is %s' % (expected, codec.IMPL))
        results['failed'] += 1
        modules = []
    for name in modules:
        module = __import__(name)
        for attr in sorted(dir(module)):
            item = getattr(module, attr)
            if isinstance(item, type) and issubclass(item, unittest.TestCase):
                if not attr.startswith('_') and item is not unittest.TestCase:
                    unittest.run_class(item, results)
    print('%(passed)d passed, %(failed)d failed, 0 skipped' % results)
    return 1 if results['failed'] or not results['passed'] else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))
