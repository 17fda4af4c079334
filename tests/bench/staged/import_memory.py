"""The heap that the import of `microdot.websocket` takes, on top of Microdot:

    import_memory.main([by_module])

Prints the bytes of all of it, and by module, less what that imports. (They add up to a little more:
this script keeps something too.) Before and after, MicroPython says what its names take (qstrs).
"""

import builtins
import gc
import sys

import microdot  # noqa: F401
import micropython

PACKAGE = 'microdot_websocket'
own_import = builtins.__import__
sizes = {}


def used():
    gc.collect()
    return gc.mem_alloc()


def counting_import(name, globals=None, locals=None, names=None, level=0):
    if level:  # Python code can't pass on where it is called from
        name = PACKAGE + ('.' + name if name else '')
    if name in sys.modules:
        return own_import(name, None, None, names)
    sizes[name] = 0
    before, of_others = used(), sum(sizes.values())
    module = own_import(name, None, None, names)
    sizes[name] = used() - before - (sum(sizes.values()) - of_others)
    return module


def main(by_module=False):
    micropython.qstr_info()
    before = used()
    if by_module:
        builtins.__import__ = counting_import
    import microdot.websocket  # noqa: F401

    print('all', used() - before)
    micropython.qstr_info()
    for name, size in sizes.items():
        if size:
            print(name, size)
