"""The heap that each module takes of what the import of `microdot.websocket` does, less what that
module imports itself:

    import_modules.main()

(They add up to more than import_memory.py finds: this script keeps something too, and its names.)
"""

import asyncio
import builtins
import gc
import sys

import microdot  # noqa: F401

PACKAGE = 'microdot_websocket'
own_import = builtins.__import__
sizes = {}


def used():
    gc.collect()
    return gc.mem_alloc()


asyncio.start_server  # noqa: B018  imports asyncio.stream, as each server does


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


def main():
    builtins.__import__ = counting_import
    import microdot.websocket  # noqa: F401

    for name, size in sizes.items():
        if size:
            print(name, size)
